/** What JSON makes of a value of type `T`: a Date arrives as string, a method or `undefined` property not at all. */
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

/** Tells the runtime how the handler ended; anything but null and undefined as first argument is a failure. */
export type Callback = (error?: unknown, result?: unknown) => void

/** Settings of one emit. */
export interface EmitOptions {
  /** Events of one key are handled one after the other, in the order of their emission, by each receiver. */
  readonly key?: string
}

/** Writes lines that carry the processor and the message they belong to. */
export interface Logger {
  debug(...args: unknown[]): void
  info(...args: unknown[]): void
  warn(...args: unknown[]): void
  error(...args: unknown[]): void
}

/** What `Emits` maps: each topic a processor emits to the type of its data. */
export type Topics = Record<string, unknown>

/** What follows the topic of an emit: data may be left out only where its type allows `undefined`. */
export type EmitRest<Data> = undefined extends Data
  ? [data?: Data, options?: EmitOptions | Callback | undefined, callback?: Callback | undefined] | [callback: Callback]
  : [data: Data, options?: EmitOptions | Callback | undefined, callback?: Callback | undefined]

/** Everything a handler may know and do beside its event. */
export interface Context<Emits extends object = Record<string, unknown>> {
  readonly processor: string
  readonly topology: string
  readonly stage: string
  /** The id of the message being handled. */
  readonly id: string
  /** The topic it was emitted with; undefined for an input without one and for foreign records. */
  readonly topic: string | undefined
  /** The processor that emitted it; undefined for an input. */
  readonly from: string | undefined
  readonly key: string | undefined
  /** 1 for the first try, one more for each retry. */
  readonly attempt: number
  /** 1 for an input, one more for each processor it came through. */
  readonly hop: number
  /** The id of the message that started it all: the input. */
  readonly root: string
  /** The id of the message whose handler emitted this one. */
  readonly parent: string | undefined
  /** W3C trace context: `00-<32 hex>-<16 hex>-01`; one trace per root. */
  readonly traceparent: string
  /** Aborted when the time of this message is up or the run ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** Milliseconds of real time until this message's timeout. The name is Lambda's. */
  getRemainingTimeInMillis(): number
  /**
   * Sends data to every processor that hears `topic` from this one. The promise resolves, and the callback is called,
   * when every stream has accepted it; both report what was refused: `EMIT_REFUSED` (not JSON), `EMIT_TOO_LARGE`,
   * `EMIT_AFTER_END`. A refusal that nobody takes fails the message.
   */
  emit<T extends keyof Emits & string>(topic: T, ...rest: EmitRest<Emits[T]>): Promise<void>
  /**
   * Calls another processor of the topology with data, and gives what it settles with: what its handler returns, calls back
   * or gives to `succeed`, as JSON carries it. It must be among this processor's `invokes`. Rejects with the error that it
   * failed with, which is not tried again, and with `INVOKE_REFUSED` or `HOP_LIMIT` where it is not called at all. A
   * rejection that nobody takes fails the message. A callback is called with the error or the result.
   */
  invoke<Result = unknown>(processor: string, data?: unknown, callback?: Callback): Promise<Result>
  /** @deprecated What attak 2017 called `invoke`. */
  invokeLocal<Result = unknown>(processor: string, ...dataAndCallback: unknown[]): Promise<Result>
  /** Ends the message as handled; `result` is for who invoked it. */
  succeed(result?: unknown): void
  /** Ends the message as failed. */
  fail(error?: unknown): void
  /** Ends the message: failed when `error` is given, else handled. */
  done(error?: unknown, result?: unknown): void
}

/**
 * A processor's function. A promise it returns settles it; otherwise its return does, unless it declares three or more
 * parameters (or has read `context.done`, `succeed` or `fail`, or carries `callback: true`): then the callback does.
 */
// biome-ignore lint/suspicious/noExplicitAny: a handler that does not say what it takes takes anything.
export type Handler<Event = any, Emits extends object = Record<string, unknown>> = (
  event: Event,
  context: Context<Emits>,
  callback: Callback,
) => unknown

const RETRY = Symbol.for('attak.Retry')

/**
 * Thrown (or rejected, or given to the callback) by a handler: deliver this message again after `afterMs` milliseconds.
 * The catcher waits that long and tries again without using up `retries`; at most 100 times for one message, after
 * which it counts as a failure like any other.
 */
export class Retry extends Error {
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

/** Whether `error` is a {@link Retry}, of this copy of attak or of another one. */
export function isRetry(error: unknown): error is Retry {
  return typeof error === 'object' && error !== null && RETRY in error
}
