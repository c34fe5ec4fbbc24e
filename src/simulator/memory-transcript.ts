import type { LogLevel } from '../runtime/rare.ts'
import { describeThrown, type Thrown } from '../runtime/thrown.ts'
import type { SimulatedMessage } from './message.ts'
import { createMessageColumns } from './message-columns.ts'
import type { Recorder } from './recorder.ts'
import { FLAG_BITS, IS_BACK, OF_NEW, OF_NEXT, type Recording, replay } from './replay.ts'
import { append, createTape } from './tape.ts'
import type { TranscriptEntry } from './transcript.ts'

/** A transcript kept in memory, and what reads it. */
export interface MemoryTranscript extends Recorder {
  /** Every entry so far, in order; made anew at each call. */
  entries(): Generator<TranscriptEntry>
}

/**
 * Makes a recorder that keeps everything in columns: some bytes for each message and attempt, and what its data holds, but
 * none of the objects of the run (row S5 of the benchmarks). What is kept is replayed when entries are read.
 */
export function recordInMemory(describe: (error: unknown) => Thrown = describeThrown): MemoryTranscript {
  const tape = createTape()
  const messages = createMessageColumns(tape)
  const recording: Recording = {
    ...{ tape, messages, seed: '', attempts: 0, rarities: new Map(), times: [], others: [] },
    ...{ inputs: 0, positions: new Map(), odd: new Map(), invokers: new Set() },
  }
  let lastRow = 0
  let lastMs = -1

  const addOther = (entry: TranscriptEntry) => {
    recording.others.push({ after: recording.attempts, entry })
  }

  const addNew = (message: SimulatedMessage, emits: number) => {
    append(tape, (emits << FLAG_BITS) | OF_NEW)
    messages.add(message)
    if (message.ordinal < 0) addOdd(message)
    else {
      const { seed, position } = message.root
      recording.seed = seed
      if (position !== recording.inputs) recording.positions.set(recording.inputs, position)
      recording.inputs++
    }
  }

  const addOdd = (message: SimulatedMessage) => {
    const { row, parent } = message
    if (typeof parent === 'object') recording.invokers.add(parent.row)
    recording.odd.set(row, message)
  }

  const addKnown = (step: number, emits: number) => {
    append(tape, (emits << FLAG_BITS) | (step === 1 ? OF_NEXT : step < 0 ? IS_BACK : 0))
    if (step !== 1) append(tape, step < 0 ? -step : step)
  }

  return {
    begin: addOther,
    commit(invocation, atMs, outcome, retryAt) {
      const { failure, firstEmit, laterEmits, rare } = invocation
      const message = invocation.message as SimulatedMessage
      const attempt = recording.attempts++
      if (atMs !== lastMs) {
        recording.times.push({ from: attempt, atMs })
        lastMs = atMs
      }
      const emits = firstEmit === undefined ? 0 : laterEmits === undefined ? 1 : 1 + laterEmits.length
      if (message.row < 0) addNew(message, emits)
      else addKnown(message.row - lastRow, emits)
      lastRow = message.row
      if (firstEmit !== undefined) messages.add(firstEmit as SimulatedMessage)
      if (laterEmits !== undefined) for (const emit of laterEmits) messages.add(emit as SimulatedMessage)
      if (failure !== undefined || rare !== undefined || message.attempt !== 1) {
        recording.rarities.set(attempt, { attempt: message.attempt, outcome, failure, rare, retryAt })
      }
    },
    line(invocation, at, level: LogLevel, text) {
      addOther({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    },
    end: addOther,
    entries: () => replay(recording, describe),
  }
}
