import type { Invocation } from '../../runtime/invocation.ts'
import type { Recorder } from '../../simulator/recorder.ts'
import type { EmitEntry, EndEntry, TranscriptEntry } from '../../simulator/transcript.ts'

/** The counts of one processor in a run. */
export interface ProcessorTally {
  handled: number
  emitted: number
  /** Emits without a subscriber. */
  outputs: number
  retried: number
  failed: number
  /** Real milliseconds in its handler, all attempts together, where they were measured. */
  tookMs: number
  /** The longest of them. */
  longestMs: number
}

/** The counts of a run so far; their size does not depend on the run's length. */
export interface Tally {
  readonly processors: ReadonlyMap<string, ProcessorTally>
  /** The first outputs, at most {@link SHOWN_OUTPUTS}. */
  readonly firstOutputs: readonly EmitEntry[]
  /** Roots started. */
  readonly inputs: number
  /** Virtual milliseconds of the latest entry. */
  readonly at: number
  add(entry: TranscriptEntry): void
  /** Adds one attempt as a whole, without entries. */
  count(processor: string, attempt: Attempt): void
}

/** One attempt to handle a message, as far as it is counted. */
export interface Attempt {
  readonly atMs: number
  readonly outcome: EndEntry['outcome']
  readonly emitted: number
  readonly outputs: number
  readonly tookMs: number
  /** It is the first attempt at a root. */
  readonly isInput: boolean
}

/** How many outputs the end of a story repeats. */
export const SHOWN_OUTPUTS = 10

/** Counts entries, for these processors and in their order. */
export function tallyOf(processors: readonly string[]): Tally {
  const counts = new Map<string, ProcessorTally>()
  for (const name of processors)
    counts.set(name, { handled: 0, emitted: 0, outputs: 0, retried: 0, failed: 0, tookMs: 0, longestMs: 0 })
  const firstOutputs: EmitEntry[] = []
  let inputs = 0
  let at = 0
  return {
    processors: counts,
    firstOutputs,
    get inputs() {
      return inputs
    },
    get at() {
      return at
    },
    add(entry) {
      if (entry.kind === 'run' || entry.kind === 'summary') return
      if (entry.at > at) at = entry.at
      const count = counts.get(entry.processor)
      if (count === undefined) return
      if (entry.kind === 'start') {
        if (entry.hop === 1 && entry.attempt === 1) inputs++
      } else if (entry.kind === 'emit') {
        count.emitted++
        if (entry.to.length > 0) return
        count.outputs++
        if (firstOutputs.length < SHOWN_OUTPUTS) firstOutputs.push(entry)
      } else if (entry.kind === 'end') {
        end(count, entry, entry.tookMs ?? 0)
      }
    },
    count(processor, { atMs, outcome, emitted, outputs, tookMs, isInput }) {
      if (atMs > at) at = atMs
      if (isInput) inputs++
      const count = counts.get(processor)
      if (count === undefined) return
      count.emitted += emitted
      count.outputs += outputs
      end(count, { outcome }, tookMs)
    },
  }
}

/**
 * The invoker receives the failure of an invoked message. If it does not handle it, the failure counts for the invoker.
 */
function end(count: ProcessorTally, { outcome, invoked }: Pick<EndEntry, 'outcome' | 'invoked'>, tookMs: number): void {
  if (outcome !== 'failed' || invoked !== true) {
    count[outcome === 'ok' ? 'handled' : outcome === 'retry' ? 'retried' : 'failed']++
  }
  count.tookMs += tookMs
  if (tookMs > count.longestMs) count.longestMs = tookMs
}

/**
 * Makes a recorder that only counts what will not be printed, and passes the rest to `entries`. Making entries and
 * their ids would otherwise be most of the cost of a long, quiet run.
 */
export function countQuietly(entries: Recorder, tally: Tally, onCounted: () => void): Recorder {
  return {
    ...entries,
    commit(invocation, atMs, outcome, retryAtMs) {
      const outputs = outputsOf(invocation)
      const isTold = outcome === 'failed' || (outputs > 0 && tally.firstOutputs.length < SHOWN_OUTPUTS)
      if (isTold) return entries.commit(invocation, atMs, outcome, retryAtMs)
      const { message, emitted, rare } = invocation
      tally.count(invocation.processor, {
        ...{ atMs, outcome, emitted, outputs, tookMs: rare?.tookMs ?? 0 },
        isInput: message.hop === 1 && message.attempt === 1,
      })
      onCounted()
    },
    line() {},
  }
}

function outputsOf({ emits }: Invocation): number {
  let outputs = 0
  for (const { edge } of emits) if (edge === undefined) outputs++
  return outputs
}
