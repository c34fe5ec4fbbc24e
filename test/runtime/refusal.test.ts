import { expect, test } from 'vitest'
import { timeoutRefusal } from '../../src/runtime/refusal.ts'
import type { Handler } from '../../src/topology/handler.ts'
import { invoke, type Said } from '../contract/host.ts'

const pending = new Promise(() => {})

test.each<[what: string, handler: Handler, said: Said, remedy: string]>([
  ['a promise', () => pending, {}, 'Return, resolve, or call the callback; or raise timeout'],
  [
    'callback: true',
    async () => {},
    { settlesByCallback: true, ignoresFulfillment: true },
    'Call the callback: with callback: true, returning or resolving a promise does not end the message; or raise timeout',
  ],
  [
    'three parameters',
    (_event, _context, _callback) => 1,
    { settlesByCallback: true },
    'Call the callback, or resolve the promise that the handler returns: with three or more parameters,',
  ],
  ['context.done', (_event, context) => void context.done, {}, 'Call context.done, context.succeed or context.fail'],
])('a timeout has the remedy for a handler that has %s', (_what, handler, said, remedy) => {
  const invocation = invoke(handler, said)
  expect(invocation.phase).toBe('running')
  const error = timeoutRefusal(invocation, 30_000)
  expect(error.message).toContain('did not settle within 30 s')
  expect(error.remedy).toContain(remedy)
})
