import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignLanes } from '../../../src/carriers/rabbitmq/assign.ts'

const members = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1 }), startedMs: fc.nat(5), channels: fc.constant(['bill']) }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
)
const lanes = fc.integer({ min: 1, max: 40 })
const countsOf = (owners: readonly (string | undefined)[], ids: readonly string[]) =>
  ids.map((id) => owners.filter((owner) => owner === id).length)

test('the shares of workers differ by one lane at most', () => {
  fc.assert(
    fc.property(lanes, members, (count, all) => {
      const counts = countsOf(
        assignLanes('bill', count, all),
        all.map(({ id }) => id),
      )
      expect(counts.reduce((sum, one) => sum + one, 0)).toBe(count)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }),
  )
})

test('workers come to one answer, in whatever order they know each other', () => {
  fc.assert(
    fc.property(lanes, members, (count, all) => {
      expect(assignLanes('bill', count, all.toReversed())).toEqual(assignLanes('bill', count, all))
    }),
  )
})

test('a worker that comes takes lanes, and moves none between others', () => {
  fc.assert(
    fc.property(lanes, members, (count, all) => {
      const later = { id: 'later', startedMs: 6, channels: ['bill'] }
      const before = assignLanes('bill', count, all)
      const after = assignLanes('bill', count, [...all, later])
      for (const [index, owner] of after.entries()) if (owner !== 'later') expect(owner).toBe(before[index])
    }),
  )
})

test('only workers that have a channel get its lanes', () => {
  const others = [{ id: 'a', startedMs: 1, channels: ['ship'] }]
  expect(assignLanes('bill', 2, others)).toEqual([undefined, undefined])
  expect(assignLanes('bill', 2, [...others, { id: 'b', startedMs: 2, channels: ['bill'] }])).toEqual(['b', 'b'])
})
