import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MOST_DELAY_MS, secondsFor } from '../../../src/carriers/rabbitmq/delays.ts'

test('a delay is never shorter than asked for, and longer by an eighth and a second at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MOST_DELAY_MS }), (ms) => {
      const gotMs = 1000 * secondsFor(ms)
      expect(gotMs).toBeGreaterThanOrEqual(ms)
      expect(gotMs).toBeLessThanOrEqual((ms + 1000) * 1.125)
    }),
  )
})

test('all delays together need few queues, and none that RabbitMQ refuses', () => {
  const seconds = new Set(Array.from({ length: 50_000 }, (_, n) => secondsFor((n * MOST_DELAY_MS) / 50_000 + 1)))
  expect(seconds.size).toBeLessThan(170)
  expect(Math.max(...seconds) * 1000).toBeLessThan(2 ** 32)
})
