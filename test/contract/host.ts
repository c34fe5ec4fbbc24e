import { format } from 'node:util'
import { InvocationContext } from '../../src/runtime/context.ts'
import { addEmit, nextOrdinal } from '../../src/runtime/emit.ts'
import { handle } from '../../src/runtime/handle.ts'
import { type Invocation, type InvocationHost, keepLine, type ProcessorRuntime } from '../../src/runtime/invocation.ts'
import type { Message } from '../../src/runtime/message.ts'
import { takesContext } from '../../src/runtime/reach.ts'
import { messageOf } from './message.ts'

/** A host of invocations whose clock stands still until it is moved, and which accepts emits as a test sets it. */
export interface FakeHost extends InvocationHost {
  /** Errors of emits that came after their invocation was complete. */
  readonly lateErrors: readonly Error[]
  /** Topics of the invocations that were complete only after their handler returned, in order of that. */
  readonly completions: readonly Invocation[]
  /** Moves the clock. */
  pass(ms: number): void
}

/** How a fake host takes an emit: undefined accepts it at once, a promise later; what is thrown refuses it. */
export type Accept = (topic: string, data: unknown) => undefined | Promise<void>

/** Makes a host; without `accept` it accepts every emit at once. */
export function createFakeHost(accept: Accept = () => undefined): FakeHost {
  const lateErrors: Error[] = []
  const completions: Invocation[] = []
  let nowMs = 0
  return {
    lateErrors,
    completions,
    pass(ms) {
      nowMs += ms
    },
    accept(invocation, topic, data, key) {
      const acceptance = accept(topic, data)
      const ordinal = nextOrdinal(invocation, topic, key)
      const message = messageOf({ data, topic, key, ordinal, parent: invocation.message })
      addEmit(invocation, message)
      return acceptance
    },
    invoke: (_, processor) => Promise.reject(new Error(`nobody is there to invoke ${processor}`)),
    late: (_, error) => void lateErrors.push(error),
    log: keepLine,
    completed: (invocation) => void completions.push(invocation),
    now: () => nowMs,
  }
}

/** Everything about a processor and its message that a test of one invocation may say. */
export interface Said extends Partial<Omit<ProcessorRuntime, 'host'>> {
  readonly message?: Partial<Message>
  readonly host?: FakeHost
  readonly event?: unknown
}

/** Calls a handler with a message, as far as that goes without waiting. */
export function invoke(handler: ProcessorRuntime['handler'], said: Said = {}): Invocation {
  const { message, host = createFakeHost(), event, ...runtime } = said
  const processor: ProcessorRuntime = {
    name: 'b',
    topology: 'test',
    stage: 'dev',
    timeoutMs: 30_000,
    handler,
    self: undefined,
    input: undefined,
    seesCallback: true,
    takesContext: takesContext(handler),
    settlesByCallback: handler.length >= 3,
    ignoresFulfillment: false,
    invokes: [],
    host,
    ...runtime,
  }
  const invocation = new InvocationContext(processor, messageOf(message), host.now())
  handle(invocation, event)
  if (invocation.phase !== 'complete') invocation.outlasting = true
  return invocation
}

/** What became of an invocation: `ok`, the text of its failure, or `running`. */
export function outcomeOf({ phase, failure }: Invocation): string {
  if (phase === 'running' || phase === 'settled') return phase
  if (failure === undefined) return 'ok'
  return failure.error instanceof Error ? failure.error.message : format('%o', failure.error)
}

/** Waits until microtasks and what they started are done; no time passes. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
