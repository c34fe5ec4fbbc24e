import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { Invocation, LoadedProcessor, Spans } from '../runtime/invocation.ts'
import type { Thrown } from '../runtime/thrown.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { Copier } from './copy.ts'
import type { CopySource } from './copy-walk.ts'
import type { InputChunks, Intake } from './intake.ts'
import type { Loss } from './losses.ts'
import type { Recorder } from './recorder.ts'
import type { SummaryEntry } from './transcript.ts'

/** The options of a simulation. */
export interface SimulationOptions {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly input: InputChunks
  /** Events besides the input, such as those of schedules. They must have an end. */
  readonly ticks?: Ticks
  /** Monotonic milliseconds of real time, which timeouts go by. */
  readonly now: () => number
  /**
   * The input arrives while the run is in progress: running messages may be committed before the next event arrives.
   */
  readonly live?: boolean
  /** Determines ids: the same seed and input produce the same ids. Default `attak`. */
  readonly seed?: string
  /** Invocations that are started and not committed. Default 256. */
  readonly concurrency?: number
  /** Roots taken from the input that are not done. Default 4096. */
  readonly openRoots?: number
  /** Receives everything, in order. Without a recorder, the run forgets what has ended. */
  readonly recorder?: Recorder
  /** Awaited between slices of work while it returns a promise: back-pressure of the recorder's destination. */
  readonly ready?: () => Promise<void> | undefined
  /** Ends the run early: nothing more starts, and what runs is aborted. */
  readonly signal?: AbortSignal
  /** The console whose lines become log lines of the writing handlers during the run. */
  readonly console?: Console
  /** Those lines are shown where they always go, too. Default false. */
  readonly echo?: boolean
  /**
   * Subscribes to uncaught errors (in a timer or a forgotten promise of a handler) and returns a function that
   * unsubscribes. `take` fails the invocation that caused the error, and returns false if there is none. The run then
   * ends one turn of the event loop later, because a forgotten promise is known to have failed only after its turn.
   */
  readonly onUncaught?: (take: (error: unknown) => boolean) => () => void
  /**
   * Holds the place of a processor in the graph, from 1 on, while its handler runs up to its first `await`; else 0. Another
   * thread can read it while the handler blocks this one.
   */
  readonly started?: Int32Array
  /** Called once, before anything runs, with what looks into the run from outside: for a watchdog. */
  readonly onProbe?: (probe: RunProbe) => void
  /** Adds to `end` entries how long each handler took, in real time. It costs two clock reads each. Default false. */
  readonly timings?: boolean
  /** Returns the part of an uncaught error that lines contain. Default: the whole error. */
  readonly describe?: (error: unknown) => Thrown
  /** Makes spans of what handlers do, where the project has OpenTelemetry. */
  readonly spans?: Spans
  /** For measuring what copies cost; the default makes copies equal to a JSON round trip. */
  readonly createCopier?: (source: CopySource, onLoss?: (value: unknown) => void) => Copier
}

/** Events at certain virtual times. */
export interface Ticks {
  /** When the next is due, in virtual milliseconds; undefined when there is none. */
  nextMs(): number | undefined
  /** Takes the next. Call it when there is one. */
  shift(): InputEvent
}

/** Looks into a run while a handler has the thread, as a watchdog does that interrupts it. */
export interface RunProbe {
  /** Whose code has the thread right now, also behind an `await`; undefined when it is no handler's. */
  running(): Invocation | undefined
  /** Returns the oldest handler that has not settled; if nothing else runs, the run waits for it. */
  oldest(): Invocation | undefined
}

/** The result of a run. */
export interface SimulationResult {
  readonly summary: SummaryEntry
  /** Roots taken from the input. */
  readonly roots: number
  /** Whether a timeout, which uses real time, affected the run: then a repeated run may differ. */
  readonly timedOut: boolean
  /** Whether `signal` ended the run before it was done. */
  readonly aborted: boolean
  /** The first places where JSON changed what was emitted. */
  readonly losses: readonly Loss[]
  /** Processors with streams whose handlers returned data and never emitted any. */
  readonly unsent: readonly string[]
  /** What the teardown of processors failed with. */
  readonly notClosed: readonly Problem[]
}

/** A simulation whose input is opened. */
export type SessionOptions = Omit<SimulationOptions, 'input'> & { readonly intake: Intake }
