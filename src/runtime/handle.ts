import type { Invocation } from './invocation.ts'
import { failureOf, settle } from './invocation.ts'
import { validateEvent } from './schema.ts'

/**
 * Runs the handler of an invocation with its own copy of the event. Afterwards `invocation.state` says whether it has
 * settled; if not, its promise or callback will settle it. Nothing that the handler does comes out as an exception.
 */
export function handle(invocation: Invocation, event: unknown): void {
  const { input, name } = invocation.runtime
  if (input === undefined) {
    call(invocation, event)
    return
  }
  try {
    const output = validateEvent(input, event, name)
    if (isThenable(output)) output.then((value) => call(invocation, value), failed(invocation))
    else call(invocation, output)
  } catch (error) {
    settle(invocation, { error })
  }
}

function call(invocation: Invocation, event: unknown): void {
  const { handler, self, settlesByCallback } = invocation.runtime
  try {
    const result = handler.call(self, event, invocation, (error) => settle(invocation, failureOf(error)))
    if (isThenable(result)) result.then(() => settle(invocation, undefined), failed(invocation))
    else if (!settlesByCallback && invocation.rare?.settlesItself !== true) settle(invocation, undefined)
  } catch (error) {
    settle(invocation, { error })
  }
}

function failed(invocation: Invocation): (error: unknown) => void {
  return (error) => settle(invocation, { error })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}
