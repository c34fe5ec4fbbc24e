import type { Sender } from '../runtime/carrier.ts'
import type { Current } from '../runtime/current.ts'
import type { Invocation } from '../runtime/invocation.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { ResumedEvent } from './intake.ts'
import type { Invoked } from './invoked.ts'
import type { SimulatedEdge, SimulatedMessage } from './message.ts'
import type { Ticks } from './options.ts'
import type { Queue } from './queue.ts'
import type { Recorder } from './recorder.ts'
import type { Retries } from './retries.ts'

/** The counts of a run so far. */
export interface Counts {
  /** Roots taken from the input. */
  roots: number
  /** Roots with messages that are not done. */
  openRoots: number
  outputs: number
  failed: number
}

/** The arguments of a schedule. */
export interface ScheduleParts {
  readonly seed: string
  /** Invocations that are started and not committed. */
  readonly concurrency: number
  /** Roots taken from the input that are not done. */
  readonly mostOpenRoots: number
  /** The next event of the input, if one is available. */
  readonly nextInput: () => InputEvent | undefined
  /** The edge of inputs to a processor. */
  readonly edgeTo: (processor: string) => SimulatedEdge
  /** The edge that an event came over before it was resumed. */
  readonly edgeOf: (resumed: ResumedEvent) => SimulatedEdge
  /** Events at certain virtual times; absent without any. */
  readonly ticks: Ticks | undefined
  readonly recorder: Recorder | undefined
  readonly current: Current
  /** See `SimulationOptions`. */
  readonly started: Int32Array | undefined
  /** Milliseconds of real time, as they are now. */
  readonly now: () => number
  /** Handlers that return at once are timed. */
  readonly timed: boolean
}

/**
 * What waits and what runs. Handlers are started in one order and committed in the same, whatever order they finish in: a
 * commit makes an invocation's emits visible, so that what starts next depends on the input alone.
 */
export interface Schedule extends ScheduleParts {
  /** Starts next, before all that is ready. */
  next: SimulatedMessage | undefined
  readonly ready: Queue<SimulatedMessage>
  /** Started and not committed, the oldest first. */
  readonly uncommitted: Queue<Invocation>
  readonly retries: Retries
  readonly invoked: Invoked
  /** Takes the emits of an invocation that made several. */
  readonly sender: Sender
  readonly counts: Counts
  /** Virtual milliseconds. */
  nowMs: number
  /** Real milliseconds when the last step was made: a start, a commit by `commitHead`, or an event taken in that may not start. */
  lookedMs: number
}
