import type { Graph } from '../graph/graph.ts'
import type { LoadedProcessor } from '../runtime/processor.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { SummaryEntry, TranscriptEntry } from './transcript.ts'

/** What a simulation needs; everything that is not said has a default. */
export interface SimulationOptions {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  /** Events in chunks, so that a long input costs no promise for each; any sync or async iterable of lists. */
  readonly input: Iterable<readonly InputEvent[]> | AsyncIterable<readonly InputEvent[]>
  /** Makes ids: the same seed and input give the same ids. Default `attak`. */
  readonly seed?: string
  /** Invocations at once. Default 256. */
  readonly concurrency?: number
  /** Called with each transcript entry, in order, as it is committed. Not called: nothing is kept of what ended. */
  readonly onEntry?: (entry: TranscriptEntry) => void
  /** Waited for between slices of work while it gives a promise: back-pressure of whatever `onEntry` writes to. */
  readonly ready?: () => Promise<void> | undefined
  /** Ends the run early: nothing more starts; what runs is aborted. */
  readonly signal?: AbortSignal
  /** Says on `end` entries how long each handler took, in real time. It costs a clock read each. Default false. */
  readonly timings?: boolean
  /** Called once, before anything runs, with what looks into the run from outside: for a watchdog. */
  readonly onProbe?: (probe: RunProbe) => void
}

/** Looks into a run while a handler has the thread, as a watchdog does that interrupts it. */
export interface RunProbe {
  /** Whose code has the thread right now, also behind an `await`; undefined when it is no handler's. */
  running(): RunningHandler | undefined
}

/** A handler that has the thread. */
export interface RunningHandler {
  readonly processor: string
  /** The id of the message it handles. */
  readonly message: string
  readonly timeoutMs: number
}

/** What a run comes to. */
export interface SimulationResult {
  readonly summary: SummaryEntry
  /** Roots taken from the input. */
  readonly roots: number
  /** Whether a timeout, which is real time, had a say: then the run may not repeat. */
  readonly timedOut: boolean
}

/** Runs `input` through the topology until nothing is in flight. */
export async function simulate(_options: SimulationOptions): Promise<SimulationResult> {
  throw new Error('being built')
}
