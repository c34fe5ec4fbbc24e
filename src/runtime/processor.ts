import type { Callback, Context, Handler } from '../topology/handler.ts'
import type { StandardSchema } from '../topology/schema.ts'
import type { Invocation } from './invocation.ts'
import type { LogLevel } from './rare.ts'
import type { Spans } from './spans.ts'

/** A processor's code, loaded: what the runtime calls. */
export interface LoadedProcessor {
  readonly name: string
  /** The user's own function, unwrapped: its declared parameters decide how it settles. */
  readonly handler: Handler
  /** `this` of the handler. */
  readonly self?: object
  /** Events that do not fit are refused before the handler runs; it gets the schema's output. */
  readonly input?: StandardSchema
}

/** A processor as it runs: its code, and what the place it runs in gives to it. */
export interface ProcessorRuntime {
  readonly name: string
  readonly topology: string
  readonly stage: string
  readonly timeoutMs: number
  readonly handler: (event: unknown, context: Context, callback: Callback) => unknown
  readonly self: object | undefined
  readonly input: StandardSchema | undefined
  /** The handler can reach a callback: see `seesCallback`. Others are spared one for each message. */
  readonly seesCallback: boolean
  /** The handler may take `emit` off its context: see `mayTakeEmit`. Others are spared a function for each message. */
  readonly mayTakeEmit: boolean
  /** The handler settles through its callback (or `context.done`), not by returning. */
  readonly settlesByCallback: boolean
  /** The setting `callback: true`: a promise that the handler returns settles it only by its rejection. */
  readonly ignoresFulfillment: boolean
  /** The processors that it may invoke. */
  readonly invokes: readonly string[]
  readonly host: InvocationHost
  /** Makes spans of its invocations, where the user's project has OpenTelemetry. */
  readonly spans?: Spans | undefined
}

/**
 * Runs another processor with `data`, for `invocation`'s handler: see `invokedMessage`. Throws what refuses it; the promise
 * gives what it settles with, or rejects with why it failed.
 */
export type Invoke = (invocation: Invocation, processor: string, data: unknown) => Promise<unknown>

/** What invocations need of the place they run in. */
export interface InvocationHost {
  /**
   * Takes one emit of a running invocation: snapshots `data` and adds a message to `invocation.emits`, which names the span
   * of `traceparent` as what sent it, where one did. Throws what refuses it; gives undefined when it is accepted, else a
   * promise of that.
   */
  accept(
    invocation: Invocation,
    topic: string,
    data: unknown,
    key: string | undefined,
    traceparent?: string,
  ): undefined | Promise<void>
  /** Absent where `invokes` is empty. */
  readonly invoke?: Invoke | undefined
  /** Takes an emit that was made after its invocation was complete: an error of the processor. */
  late(invocation: Invocation, error: Error): void
  /** Takes a line that a handler wrote. */
  log(invocation: Invocation, level: LogLevel, text: string): void
  /** Hears of an invocation that is complete, if it was not so when its handler returned. */
  completed(invocation: Invocation): void
  /** Hears of a handler that has settled and waits for its emits, if it had not settled when it returned. */
  settled?(invocation: Invocation): void
  /** Real milliseconds of the run's clock. */
  now(): number
  /** When the place ends, by the same clock; absent where it outlasts every message. */
  readonly endsMs?: number
}
