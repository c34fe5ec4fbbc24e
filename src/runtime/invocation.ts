import type { Lifecycle } from '../topology/exported.ts'
import type { Callback, Context, Handler } from '../topology/handler.ts'
import type { StandardSchema } from '../topology/schema.ts'
import type { EmitPromise } from './emit-promise.ts'
import type { Message } from './message.ts'
import type { Resources } from './resources.ts'
import type { StateStore } from './state.ts'

/** A processor's code, loaded: what the runtime calls. */
export interface LoadedProcessor extends Lifecycle {
  readonly name: string
  /** The user's own function, unwrapped: its declared parameters decide how it settles. */
  readonly handler: Handler
  /** `this` of the handler. */
  readonly self?: object
  /** Events that do not fit are refused before the handler runs; it gets the schema's output. */
  readonly input?: StandardSchema
}

/** One attempt to handle one message: its data and its outcome. Its handler receives it as its `context`. */
export interface Invocation extends Context {
  readonly runtime: ProcessorRuntime
  readonly message: Message
  /** When it was started, in milliseconds of the host's clock; `Infinity` where its handler still has to wait. */
  startedMs: number
  /** `settled`: the handler has spoken; `complete`: and every emit was accepted or refused; `committed`: its host is done. */
  phase: 'running' | 'settled' | 'complete' | 'committed'
  /** Why it failed; undefined while it has not. */
  failure: Failure | undefined
  /** Its first emit, and the later ones: most handlers emit once, and need no list. */
  firstEmit: Message | undefined
  laterEmits: Message[] | undefined
  /** The messages that it emitted. */
  readonly emits: readonly Message[]
  /** The number of its emits. */
  readonly emitted: number
  /** Its handler has returned and it is not complete: call its host when it is. */
  outlasting: boolean
  rare: Rare | undefined
}

/** Why an invocation failed; a handler may throw anything, `undefined` too. */
export interface Failure {
  readonly error: unknown
  /** Its own processor refused the message before the handler ran, and would refuse it again: it is not retried. */
  readonly isRefusal?: true
}

/** A running processor: its code, and what its host provides. */
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
  /** The handler may do more with its context than read it by name: see `takesContext`. */
  readonly takesContext: boolean
  /** The handler settles through its callback (or `context.done`), not by returning. */
  readonly settlesByCallback: boolean
  /** The setting `callback: true`: a promise that the handler returns settles it only by its rejection. */
  readonly ignoresFulfillment: boolean
  /** The processors that it may invoke. */
  readonly invokes: readonly string[]
  readonly host: InvocationHost
  /** What its setup makes; absent if it has none. Its handlers start when they are open. */
  readonly resources?: Resources | undefined
  /** Keeps what its handlers set; absent without the setting `state`. */
  readonly state?: StateStore | undefined
  /** Whether one of its handlers has settled with a result that no invoker receives. */
  hasResult?: boolean
  /** Makes spans of its invocations, where the user's project has OpenTelemetry. */
  readonly spans?: Spans | undefined
}

/**
 * Runs another processor with `data`, for `invocation`'s handler: see `invokedMessage`. Throws if the call is refused.
 * The promise resolves to the handler's result, or rejects with the reason of its failure.
 */
export type Invoke = (invocation: Invocation, processor: string, data: unknown) => Promise<unknown>

/** What invocations need from their host. */
export interface InvocationHost {
  /**
   * Accepts one emit of a running invocation: snapshots `data` and adds a message to `invocation.emits`. The message
   * names the span of `traceparent` as its sender, if there is one. Throws if the emit is refused. Returns undefined if
   * it is accepted at once, else a promise of that.
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
  /** Called when an invocation is complete, if it was not complete when its handler returned. */
  completed(invocation: Invocation): void
  /** Called when a handler has settled and waits for its emits, if it had not settled when it returned. */
  settled?(invocation: Invocation): void
  /** Waits until an invocation may use its state; absent where handlers that run at the same time may use it at the same time. */
  readonly turn?: ((invocation: Invocation) => Promise<void>) | undefined
  /** Real milliseconds of the run's clock. */
  now(): number
  /** When the place ends, by the same clock; absent where it outlasts every message. */
  readonly endsMs?: number
}

/** Makes spans of what invocations do: those of a message's trace are one trace of spans, over all processors. */
export interface Spans {
  /** Runs the handler of an invocation in a new span, which ends when the invocation is complete. */
  process(invocation: Invocation, run: () => void): void
  /** Takes emits with a span for each, which ends when it was accepted or refused, and which names itself in the message. */
  sending(accept: InvocationHost['accept']): InvocationHost['accept']
}

/** The span of an invocation: see {@link Spans.process}. */
export interface ProcessSpan {
  /** Its W3C trace context; undefined if no SDK makes real spans. */
  readonly traceparent: string | undefined
  /** Ends it, with what the invocation failed with. */
  end(failure: Failure | undefined): void
}

/** How serious a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line that a handler wrote, when its invocation had made `emits` emits. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
  readonly emits: number
}

/** What an invoked invocation returns to its caller. */
export interface Invoked {
  /** The handler's result. */
  result: unknown
  /** Called on completion, if that comes after its handler returned. */
  readonly answer?: () => void
}

/** What only few invocations need; made on demand. */
export interface Rare {
  /** The handler read `done`, `succeed` or `fail`: its return does not settle it. */
  settlesItself: boolean
  /** Emits in flight or refused. */
  follows: readonly EmitPromise[]
  logs: readonly LogLine[]
  ordinals: Map<string, number> | undefined
  /** How often it invoked each processor. */
  invokes: Map<string, number> | undefined
  /** Set if another processor's handler invoked it and waits for its result. */
  invoked: Invoked | undefined
  abort: AbortController | undefined
  /** Its span, if the user's project has OpenTelemetry. */
  span: ProcessSpan | undefined
  /** How long it took, in real milliseconds, if that is measured. */
  tookMs: number | undefined
}

/** Returns the rarely needed part of an invocation; makes it on demand. */
export function rareOf(invocation: Invocation): Rare {
  invocation.rare ??= {
    settlesItself: false,
    follows: NONE,
    logs: NONE,
    ordinals: undefined,
    invokes: undefined,
    invoked: undefined,
    abort: undefined,
    span: undefined,
    tookMs: undefined,
  }
  return invocation.rare
}

/** Shared by all invocations without entries: a separate list would reserve 16 places with its first entry. */
const NONE: readonly never[] = []

/** Adds an emit or an invoke whose acceptance the invocation waits for. */
export function addFollow(invocation: Invocation, follow: EmitPromise): void {
  const rare = rareOf(invocation)
  if (rare.follows === NONE) rare.follows = [follow]
  else (rare.follows as EmitPromise[]).push(follow)
}

/** Returns the controller that aborts what a handler started. */
export function abortOf(invocation: Invocation): AbortController {
  const rare = rareOf(invocation)
  rare.abort ??= new AbortController()
  return rare.abort
}

/** Stores a line with the invocation that wrote it. */
export function keepLine(invocation: Invocation, level: LogLevel, text: string): void {
  const rare = rareOf(invocation)
  const line = { level, text, emits: invocation.emitted }
  if (rare.logs === NONE) rare.logs = [line]
  else (rare.logs as LogLine[]).push(line)
}

/** Stores how long an invocation took, in real milliseconds. */
export function keepDuration(invocation: Invocation, tookMs: number): void {
  rareOf(invocation).tookMs = tookMs
}
