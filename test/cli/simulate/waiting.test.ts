import { expect, test } from 'vitest'
import { drawWaiting } from '../../../src/cli/simulate/waiting.ts'
import type { Invocation } from '../../../src/runtime/invocation.ts'

const bill = { processor: 'bill', id: '3fa1b2c4d5e6', startedMs: 500, runtime: { timeoutMs: 30_000 } } as Invocation

test('who a run waits for is told once it has taken a second', () => {
  expect(drawWaiting(undefined, 9000)).toBeUndefined()
  expect(drawWaiting(bill, 1400)).toBeUndefined()
  expect(drawWaiting(bill, 1500)).toBe('waiting for bill (message 3fa1b2c4…): 1 s, of 30 s at most')
  expect(drawWaiting(bill, 5100)).toBe('waiting for bill (message 3fa1b2c4…): 4 s, of 30 s at most')
})
