import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLimiter } from '../../src/deploy/limiter.ts'

it('allows a first burst at once, and then waits until the oldest start is a second old', () => {
  const limiter = createLimiter(3)
  expect([0, 0, 100, 200, 200].map((nowMs) => limiter.reserve(nowMs))).toEqual([0, 0, 0, 800, 800])
})

it('never starts more calls than allowed in any second, and wastes no capacity', () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })), { maxLength: 200 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 20 }), (waits, calls) => {
      const limiter = createLimiter(calls)
      let nowMs = 0
      const asked = waits.map((wait) => {
        nowMs += wait
        return { nowMs, startMs: nowMs + limiter.reserve(nowMs) }
      })
      for (const [index, { nowMs: askedMs, startMs }] of asked.entries()) {
        const before = asked[index - calls]
        expect(startMs).toBe(Math.max(askedMs, (before?.startMs ?? Number.NEGATIVE_INFINITY) + 1000))
      }
    }),
  )
})
