import { expect, test } from 'vitest'
import { drawProgress, drawWaiting, progressTo } from '../../../src/cli/simulate/progress.ts'
import type { Invocation } from '../../../src/runtime/invocation.ts'
import { fakeHost } from '../fake-host.ts'

test('with a known size it shows progress and remaining time', () => {
  expect(drawProgress({ events: 45_000, bytes: 25e6 }, 2000, 100e6)).toBe(
    '25.0 MB of 100.0 MB (25 %), 45,000 events, 22,500 events/s, 6 s to go',
  )
})

test('without a size it counts', () => {
  expect(drawProgress({ events: 1, bytes: 900 }, 1000, undefined)).toBe('900 B, 1 event, 1 events/s')
  expect(drawProgress({ events: 0, bytes: 0 }, 1000, undefined)).toBe('0 events, 0 events/s')
})

test('on a terminal one line is drawn over, not before a second and not more than ten times a second', () => {
  const host = fakeHost('.', { isTTY: true })
  let at = 0
  const progress = progressTo(host.err, () => at, undefined)
  progress.clear()
  for (; at < 1250; at += 50) progress.show({ events: at, bytes: 0 })
  progress.clear()
  const lines = ['1,000 events', '1,100 events', '1,200 events'].map((count) => `\r\x1b[K${count}, 1,000 events/s`)
  expect(host.ran(0).err).toBe(`${lines.join('')}\r\x1b[K`)
})

test('on a terminal another line replaces it, and it is nowhere else', () => {
  for (const isTTY of [true, false]) {
    const host = fakeHost('.', { isTTY })
    const progress = progressTo(host.err, () => 0, undefined)
    progress.say('waiting')
    progress.clear()
    expect(host.ran(0).err).toBe(isTTY ? '\r\x1b[Kwaiting\r\x1b[K' : '')
  }
})

test('elsewhere it prints a line every ten seconds', () => {
  const host = fakeHost('.')
  let at = 0
  const progress = progressTo(host.err, () => at, undefined)
  for (; at <= 25_000; at += 500) progress.show({ events: at, bytes: 0 })
  progress.clear()
  expect(host.ran(0).err).toBe('10,000 events, 1,000 events/s\n20,000 events, 1,000 events/s\n')
})

const bill = { processor: 'bill', id: '3fa1b2c4d5e6', startedMs: 500, runtime: { timeoutMs: 30_000 } } as Invocation

test('the handler that a run waits for is shown after a second', () => {
  expect(drawWaiting(undefined, 9000)).toBeUndefined()
  expect(drawWaiting(bill, 1400)).toBeUndefined()
  expect(drawWaiting(bill, 1500)).toBe('waiting for bill (message 3fa1b2c4…): 1 s, of 30 s at most')
  expect(drawWaiting(bill, 5100)).toBe('waiting for bill (message 3fa1b2c4…): 4 s, of 30 s at most')
})
