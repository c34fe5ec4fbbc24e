import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { stepsTo } from '../../../src/clouds/aws/stream.ts'

it('changes the number of shards in steps that AWS accepts', () => {
  expect(stepsTo(1, 5)).toEqual([2, 4, 5])
  expect(stepsTo(5, 1)).toEqual([3, 2, 1])
  expect(stepsTo(4, 4)).toEqual([])
})

it('never more than doubles or halves, and arrives', () => {
  const shards = fc.integer({ min: 1, max: 10_000 })
  fc.assert(
    fc.property(shards, shards, (from, to) => {
      const steps = stepsTo(from, to)
      let at = from
      for (const step of steps) {
        expect(step).toBeLessThanOrEqual(at * 2)
        expect(step).toBeGreaterThanOrEqual(at / 2)
        at = step
      }
      expect(at).toBe(to)
    }),
  )
})
