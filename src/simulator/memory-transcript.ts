import type { LogLevel } from '../runtime/invocation.ts'
import type { Edge, Message, Root } from '../runtime/message.ts'
import { type Column, createColumn } from './column.ts'
import { type Committed, describeError, giveCommit, type Recorder } from './recorder.ts'
import type { EndEntry, TranscriptEntry, TranscriptError } from './transcript.ts'

/** A transcript kept in memory, and what reads it. */
export interface MemoryTranscript extends Recorder {
  /** Every entry so far, in order; made anew at each call. */
  entries(): Generator<TranscriptEntry>
}

const OUTCOMES: readonly EndEntry['outcome'][] = ['ok', 'retry', 'failed']

/** What few commits have. */
interface Rarity extends Pick<Committed, 'failure' | 'rare'> {
  readonly retryAtMs: number | undefined
}

/**
 * Makes a recorder that keeps everything in columns: some numbers for each message and attempt, and the data itself, but
 * none of the objects of the run (row S5 of the benchmarks). Ids are made when entries are read.
 */
export function recordInMemory(describe: (error: unknown) => TranscriptError = describeError): MemoryTranscript {
  const messages = messageColumns()
  const message: Column<number> = int32()
  const attempt: Column<number> = int32()
  const outcome: Column<number> = createColumn((length) => new Uint8Array(length))
  const atMs: Column<number> = createColumn((length) => new Float64Array(length))
  const firstEmit: Column<number> = int32()
  const rarities = new Map<number, Rarity>()
  /** Entries that are no commit's, and how many commits were before each. */
  const others: { readonly commits: number; readonly entry: TranscriptEntry }[] = []
  const addOther = (entry: TranscriptEntry) => {
    others.push({ commits: message.length, entry })
  }

  const committed = (row: number): Committed => {
    const emits: Message[] = []
    const end = row + 1 < firstEmit.length ? firstEmit.at(row + 1) : messages.length()
    for (let emit = firstEmit.at(row); emit < end; emit++) if (messages.by(emit) >= 0) emits.push(messageAt(emit))
    const of = messageAt(message.at(row), attempt.at(row))
    const { failure, rare } = rarities.get(row) ?? { failure: undefined, rare: undefined }
    return { processor: of.edge?.to ?? '', message: of, emits, failure, rare }
  }
  const messageAt = (row: number, attempts = 1): Message => {
    const by = messages.by(row)
    const parent = by < 0 ? undefined : messageAt(message.at(by))
    return messages.at(row, parent, attempts)
  }

  return {
    begin: addOther,
    commit(invocation, at, ending, retryAtMs) {
      const row = message.length
      if (invocation.message.row < 0) messages.add(invocation.message, ROOT)
      message.push(invocation.message.row)
      attempt.push(invocation.message.attempt)
      outcome.push(OUTCOMES.indexOf(ending))
      atMs.push(at)
      firstEmit.push(messages.length())
      for (const emit of invocation.emits) messages.add(emit, row)
      const { failure, rare } = invocation
      if (failure !== undefined || rare !== undefined) rarities.set(row, { failure, rare, retryAtMs })
    },
    line(invocation, at, level: LogLevel, text) {
      addOther({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    },
    end: addOther,
    *entries() {
      let next = 0
      for (let row = 0; row <= message.length; row++) {
        for (; next < others.length && others[next]!.commits === row; next++) yield others[next]!.entry
        if (row === message.length) return
        const given: TranscriptEntry[] = []
        const ending = { at: atMs.at(row), outcome: OUTCOMES[outcome.at(row)]!, retryAt: rarities.get(row)?.retryAtMs }
        giveCommit(committed(row), ending, { onEntry: (entry) => given.push(entry), describe })
        yield* given
      }
    },
  }
}

/** For messages that nobody emitted. */
const ROOT = -1

/** A row for each message; `by` is the row of the commit that emitted it, {@link ROOT} for an input. */
function messageColumns() {
  const by = int32()
  const data: Column<unknown> = createColumn((length) => new Array(length))
  const edge: Column<Edge | undefined> = createColumn((length) => new Array(length))
  const topic: Column<string | undefined> = createColumn((length) => new Array(length))
  const ordinal = int32()
  const keys = new Map<number, string>()
  let seed = ''
  return {
    length: () => by.length,
    by: (row: number) => by.at(row),
    add(message: Message, emitter: number) {
      message.row = by.length
      if (message.key !== undefined) keys.set(message.row, message.key)
      by.push(emitter)
      data.push(message.data)
      edge.push(message.edge)
      topic.push(message.topic)
      ordinal.push(emitter === ROOT ? message.root.position : message.ordinal)
      seed = message.root.seed
    },
    at(row: number, parent: Message | undefined, attempt: number): Message {
      const root: Root = parent?.root ?? { seed, position: ordinal.at(row), pending: 0, id: undefined }
      return {
        data: data.at(row),
        topic: topic.at(row),
        key: keys.get(row),
        edge: edge.at(row),
        parent,
        root,
        ordinal: parent === undefined ? 0 : ordinal.at(row),
        hop: (parent?.hop ?? 0) + 1,
        attempt,
        id: undefined,
        row,
      }
    },
  }
}

function int32(): Column<number> {
  return createColumn((length) => new Int32Array(length))
}
