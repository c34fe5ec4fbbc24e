import type { Callback } from '../topology/handler.ts'
import type { SchemaResult } from '../topology/schema.ts'
import { contextView } from './context-view.ts'
import type { Invocation } from './invocation.ts'
import { recordRefusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import { eventRefusal } from './schema.ts'
import { failureOfCallback, hasEnded, settle } from './settle.ts'
import { HANDLE } from './thrown.ts'

/**
 * Runs the handler of an invocation with its own copy of the event. Afterwards `invocation.phase` shows whether it has
 * settled; if not, its promise or callback will settle it. Never throws an error of the handler.
 */
export const handle = {
  // Stacks end at this name: calls below it are not the handler's.
  [HANDLE](invocation: Invocation, event: unknown): void {
    const { spans } = invocation.runtime
    if (spans === undefined) run(invocation, event)
    else spans.process(invocation, () => run(invocation, event))
  },
}[HANDLE]

function run(invocation: Invocation, event: unknown): void {
  const { input, name, resources } = invocation.runtime
  if (resources !== undefined && !resources.isOpen) {
    void runWhenOpen(invocation, event, resources)
    return
  }
  const { refused, fault } = invocation.message
  if (refused !== undefined || fault !== undefined) {
    const error = fault ?? recordRefusal(name, refused!)
    settle(invocation, { error, isRefusal: true })
    return
  }
  if (input === undefined) {
    call(invocation, event)
    return
  }
  try {
    const result = input['~standard'].validate(event)
    if (result instanceof Promise) result.then((later) => take(invocation, later)).catch(failed(invocation))
    else take(invocation, result)
  } catch (error) {
    settle(invocation, { error })
  }
}

/** Runs the handler when setup of its processor has succeeded; fails the message if it fails. */
async function runWhenOpen(invocation: Invocation, event: unknown, resources: Resources): Promise<void> {
  // Its time begins when its handler does.
  invocation.startedMs = Number.POSITIVE_INFINITY
  try {
    await resources.open()
  } catch (error) {
    settle(invocation, { error })
    return
  }
  invocation.startedMs = invocation.runtime.host.now()
  if (!hasEnded(invocation)) run(invocation, event)
}

/** Calls the handler with what its schema made of the event, or fails the message with what the schema found. */
function take(invocation: Invocation, result: SchemaResult<unknown>): void {
  const { issues } = result
  if (issues !== undefined) settle(invocation, { error: eventRefusal(invocation.processor, issues), isRefusal: true })
  else if (isThenable(result.value)) result.value.then((output) => call(invocation, output), failed(invocation))
  else call(invocation, result.value)
}

/**
 * Calls the handler of an invocation with the schema's output for the event. May be called again if the handler has
 * done nothing yet.
 */
export function call(invocation: Invocation, event: unknown): void {
  const { handler, self, seesCallback, takesContext, settlesByCallback } = invocation.runtime
  try {
    const callback = seesCallback ? callbackOf(invocation) : NO_CALLBACK
    const context = takesContext ? contextView(invocation) : invocation
    const result = self === undefined ? handler(event, context, callback) : handler.call(self, event, context, callback)
    if (isThenable(result)) settleBy(invocation, result)
    else if (!settlesByCallback && invocation.rare?.settlesItself !== true) settle(invocation, undefined, result)
  } catch (error) {
    settle(invocation, { error })
  }
}

/** The callback for handlers that cannot see it. */
const NO_CALLBACK: Callback = () => {}

function callbackOf(invocation: Invocation): Callback {
  return (error, result) => settle(invocation, failureOfCallback(error), result)
}

function settleBy(invocation: Invocation, result: PromiseLike<unknown>): void {
  const { ignoresFulfillment } = invocation.runtime
  const fulfilled = ignoresFulfillment ? undefined : (value: unknown) => settle(invocation, undefined, value)
  result.then(fulfilled, failed(invocation))
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
