import type { State } from './state.ts'

/** The type of a value after it was JSON: a `Date` is a string; methods and `undefined` properties are missing. */
export type Json<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends { toJSON(...args: never[]): infer R }
    ? Json<R>
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : T extends readonly unknown[]
        ? { -readonly [I in keyof T]: Json<T[I]> }
        : T extends object
          ? {
              -readonly [K in keyof T as T[K] extends symbol | ((...args: never[]) => unknown) ? never : K]: Json<T[K]>
            }
          : T

/** Ends a handler: as failed if the first argument is neither null nor undefined, otherwise as handled with `result`. */
export type Callback = (error?: unknown, result?: unknown) => void

/** Settings of one emit. */
export interface EmitOptions {
  /** A receiver handles events with the same key one after the other, in the order of their emission. */
  readonly key?: string
}

/** Logs lines together with the processor and the message. */
export interface Logger {
  debug(...args: unknown[]): void
  info(...args: unknown[]): void
  warn(...args: unknown[]): void
  error(...args: unknown[]): void
}

/** The form of `Emits`: a map from each topic that a processor emits to the type of its data. */
export type Topics = Record<string, unknown>

/** The arguments of `emit` after the topic. Data may be omitted only if its type allows `undefined`. */
export type EmitRest<Data> = undefined extends Data
  ? [data?: Data, options?: EmitOptions | Callback | undefined, callback?: Callback | undefined] | [callback: Callback]
  : [data: Data, options?: EmitOptions | Callback | undefined, callback?: Callback | undefined]

/** What `setup` of a processor receives. */
export interface SetupWorld {
  readonly processor: string
  readonly stage: string
  readonly log: Logger
  /** Aborted when the resources are about to be closed, and when setup has taken too long. */
  readonly signal: AbortSignal
}

/** Runs once before the first event of a processor. What it returns or resolves to is `context.resources`. */
export type Setup = (world: SetupWorld) => unknown

/** Runs once after the last event of a processor, with what its setup returned. */
// biome-ignore lint/suspicious/noExplicitAny: a teardown without a type for its resources accepts any.
export type Teardown = (resources: any) => unknown

/** What a handler can read about its message, and what it can do. */
export interface Context<Emits extends object = Record<string, unknown>, Resources = unknown> {
  readonly processor: string
  readonly topology: string
  readonly stage: string
  /** The id of the message being handled. */
  readonly id: string
  /** The topic of the emit; undefined for an input without a topic, and for records of other programs. */
  readonly topic: string | undefined
  /** The processor that emitted it; undefined for an input. */
  readonly from: string | undefined
  readonly key: string | undefined
  /** 1 for the first attempt, 2 for the second, and so on. */
  readonly attempt: number
  /** 1 for an input, one more for each processor that the message passed through. */
  readonly hop: number
  /** The id of the input that caused this message. */
  readonly root: string
  /** The id of the message whose handler emitted this one. */
  readonly parent: string | undefined
  /** W3C trace context: `00-<32 hex>-<16 hex>-01`; one trace per root. */
  readonly traceparent: string
  /** Aborted when the timeout of this message is over, or when the run ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** What `setup` of this processor returned; undefined without one. */
  readonly resources: Resources
  /** Values that this processor keeps between messages. Its methods need the setting `state: true` of the processor. */
  readonly state: State
  /** Returns the milliseconds of real time until the timeout of this message. AWS Lambda has the same function. */
  getRemainingTimeInMillis(): number
  /**
   * Sends data to every processor that subscribes to `topic`. The promise resolves, and the callback is called, when every
   * stream has accepted the data. Both report a refusal: `EMIT_REFUSED` (not JSON), `EMIT_TOO_LARGE`, `HOP_LIMIT`,
   * `EMIT_AFTER_END`. Without `await` or a callback, a refusal fails the message.
   */
  emit<T extends keyof Emits & string>(topic: T, ...rest: EmitRest<Emits[T]>): Promise<void>
  /**
   * Calls another processor of the topology and returns its result: what its handler returns, or passes to its callback or
   * to `succeed`, as JSON carries it. The processor must be listed in `invokes`. Rejects with the error of the other handler,
   * which is not retried, and with `INVOKE_REFUSED` or `HOP_LIMIT` if the processor is not called. Without `await` or a
   * callback, a rejection fails the message.
   */
  invoke<Result = unknown>(processor: string, data?: unknown, callback?: Callback): Promise<Result>
  /** @deprecated The name of `invoke` in attak of 2017. */
  invokeLocal<Result = unknown>(processor: string, ...dataAndCallback: unknown[]): Promise<Result>
  /** Ends the message as handled. An invoker receives `result`. */
  succeed(result?: unknown): void
  /** Ends the message as failed. */
  fail(error?: unknown): void
  /** Ends the message: as failed if `error` is neither null nor undefined, otherwise as handled. */
  done(error?: unknown, result?: unknown): void
}

/**
 * The function of a processor. If it returns a promise, the promise settles it. Otherwise its return does, unless it has three
 * or more parameters, has read `context.done`, `succeed` or `fail`, or has the setting `callback: true`: then its callback does.
 */
// biome-ignore lint/suspicious/noExplicitAny: a handler without a type for its event accepts any event.
export type Handler<Event = any, Emits extends object = Record<string, unknown>, Resources = unknown> = (
  event: Event,
  context: Context<Emits, Resources>,
  callback: Callback,
) => unknown

const RETRY = Symbol.for('attak.Retry')

/**
 * Asks for another attempt. A handler throws it, rejects with it, or passes it to its callback. The message is retried after
 * `afterMs` milliseconds, without using up `retries`. After 100 such retries of a message it counts as a failure.
 */
export class Retry extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return retryAfterOf(value) !== undefined
  }

  readonly afterMs: number

  constructor(afterMs: number, message = `to be delivered again after ${afterMs} ms`) {
    super(message)
    if (!(afterMs >= 0 && Number.isFinite(afterMs))) {
      throw new RangeError(`Retry(afterMs): afterMs must be a finite number of milliseconds, 0 or more; got ${afterMs}`)
    }
    this.name = 'Retry'
    this.afterMs = afterMs
    Object.defineProperty(this, RETRY, { value: true })
  }
}

/**
 * Returns how long the {@link Retry} that was thrown wants to wait, in milliseconds, also if it is one of another copy of attak.
 * Undefined for everything else: a handler may throw anything, such as a Proxy that was revoked.
 */
export function retryAfterOf(error: unknown): number | undefined {
  try {
    if (typeof error !== 'object' || error === null || !(RETRY in error)) return undefined
    const { afterMs } = error as unknown as Retry
    return typeof afterMs === 'number' && afterMs >= 0 ? afterMs : undefined
  } catch {
    return undefined
  }
}
