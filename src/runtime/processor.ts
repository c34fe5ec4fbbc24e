import type { Callback, Context, Handler } from '../topology/handler.ts'
import type { StandardSchema } from '../topology/schema.ts'
import type { Invocation } from './invocation.ts'
import type { LogLevel } from './rare.ts'

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
  /** The handler can reach a callback: see {@link seesCallback}. Others are spared one for each message. */
  readonly seesCallback: boolean
  /** The handler settles through its callback (or `context.done`), not by returning. */
  readonly settlesByCallback: boolean
  readonly host: InvocationHost
}

/** So many prompt runs make a handler one that leaves nothing behind when it returns, until it does. */
export const SURE_OF_PROMPTNESS = 32

/** What invocations need of the place they run in. */
export interface InvocationHost {
  /**
   * Takes one emit of a running invocation: snapshots `data` and adds a message for each receiver to
   * `invocation.emits`. Throws what refuses it; gives undefined when it is accepted, else a promise of that.
   */
  accept(invocation: Invocation, topic: string, data: unknown, key: string | undefined): undefined | Promise<void>
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

/**
 * Whether a handler can reach its third argument: it declares one, or its text holds what reaches arguments that are not
 * declared (`arguments`, a rest parameter, a default value), or has no text to look at (bound and native functions).
 */
export function seesCallback(handler: Handler): boolean {
  if (handler.length >= 3) return true
  const text = Function.prototype.toString.call(handler)
  return /\barguments\b|\.\.\.|\[native code\]|\beval\b/.test(text) || parametersOf(text).includes('=')
}

/** The text between the parentheses of a function's parameters; of `x => …`, that before the arrow. */
function parametersOf(text: string): string {
  const open = text.indexOf('(')
  const arrow = text.indexOf('=>')
  if (open < 0 || (arrow >= 0 && arrow < open)) return ''
  if (/['"`/]/.test(text.slice(0, open))) return text
  let depth = 0
  for (let index = open; index < text.length; index++) {
    if (text[index] === '(') depth++
    if (text[index] === ')' && --depth === 0) return text.slice(open, index)
  }
  return text
}
