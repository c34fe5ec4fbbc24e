import { InvocationContext } from '../runtime/context.ts'
import type { Current } from '../runtime/current.ts'
import { handle } from '../runtime/handle.ts'
import { type Invocation, keepDuration, rareOf } from '../runtime/invocation.ts'
import { copyForInvoke } from '../runtime/invoke.ts'
import { hasEnded } from '../runtime/settle.ts'
import { describeThrown, errorOfThrown } from '../runtime/thrown.ts'
import type { SimulatedMessage } from './message.ts'

/** Invocations that other handlers wait for. They run beside all else, and are committed after their invokers. */
export interface Invoked {
  /** Runs a message that the handler of `invoker` invokes. Returns the handler's result as JSON carries it. */
  run(invoker: Invocation, message: SimulatedMessage): Promise<unknown>
  /** Takes those that a handler invoked, in the order of its calls. */
  take(invoker: Invocation): readonly Invocation[]
  /** An invocation, and before it all that it invoked and those invoked, as far as they are not taken. */
  within(invocation: Invocation): Generator<Invocation>
  /** The number of handlers that invoked any. */
  size(): number
}

/** The arguments for running invoked messages. */
export interface InvokedParts {
  readonly current: Current
  /** Milliseconds of real time, as they are now. */
  readonly now: () => number
  /** Handlers that return at once are timed. */
  readonly timed: boolean
}

/** Makes it, without any. */
export function openInvoked({ current, now, timed }: InvokedParts): Invoked {
  /** By their invokers. */
  const all = new Map<Invocation, Invocation[]>()

  const start = (invoker: Invocation, message: SimulatedMessage, answer: (invocation: Invocation) => void) => {
    const { receiver, copier } = message.edge!
    const event = copier.copy(message.data)
    const invocation = new InvocationContext(receiver, message, now())
    rareOf(invocation).invoked = { result: undefined, answer: () => answer(invocation) }
    const others = all.get(invoker)
    if (others === undefined) all.set(invoker, [invocation])
    else others.push(invocation)
    message.root.pending++
    current.run(invocation, handle, event)
    if (invocation.phase === 'complete') {
      if (timed) keepDuration(invocation, now() - invocation.startedMs)
      answer(invocation)
    } else invocation.outlasting = true
  }

  function* within(invocation: Invocation): Generator<Invocation> {
    for (const inner of all.get(invocation) ?? []) yield* within(inner)
    yield invocation
  }

  return {
    run: (invoker, message) =>
      new Promise((resolve, reject) => {
        // In a separate turn, because the current invocation is tracked by turns.
        queueMicrotask(() => {
          if (hasEnded(invoker)) reject(invoker.failure?.error)
          else current.apart(() => start(invoker, message, (invocation) => answerWith(invocation, resolve, reject)))
        })
      }),
    take(invoker) {
      const invocations = all.get(invoker) ?? []
      all.delete(invoker)
      return invocations
    },
    within,
    size: () => all.size,
  }
}

/** Settles what an invoker waits for, with what a deployed one would get: values as JSON carries them, errors described. */
function answerWith(invocation: Invocation, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  const back = invocation.rare?.invoked
  if (invocation.failure === undefined && back !== undefined) {
    try {
      back.result = copyForInvoke(invocation.processor, 'answer', back.result)
      resolve(back.result)
      return
    } catch (error) {
      invocation.failure = { error }
    }
  }
  reject(errorOfThrown(describeThrown(invocation.failure?.error)))
}
