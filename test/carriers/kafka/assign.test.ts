import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assignLanes, channelOf, type Member } from '../../../src/carriers/kafka/assign.ts'

const CHANNELS = ['a', 'b', 'c']

/** Groups in which no lane has two owners. */
const groups = fc
  .record({
    lanes: fc.integer({ min: 1, max: 9 }),
    members: fc.array(fc.subarray(CHANNELS, { minLength: 1 }), { minLength: 1, maxLength: 6 }),
    owners: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 27, maxLength: 27 }),
  })
  .map(({ lanes, members, owners }) => {
    const all = CHANNELS.flatMap((channel) => Array.from({ length: lanes }, (_, index) => `${channel}:${index}`))
    return members.map(
      (channels, number): Member => ({
        ...{ id: `m${number}`, channels: Object.fromEntries(channels.map((channel) => [channel, lanes])) },
        owned: all.filter((lane, index) => owners[index] === number && channels.includes(channelOf(lane))),
      }),
    )
  })

const next = (members: readonly Member[]) => {
  const given = assignLanes(members)
  return members.map((member) => ({ ...member, owned: given.get(member.id)! }))
}

it('a lane that a member has is given to no other', () => {
  fc.assert(
    fc.property(groups, (members) => {
      const given = assignLanes(members)
      const owners = new Map(members.flatMap(({ id, owned }) => owned.map((lane) => [lane, id] as const)))
      const all = [...given].flatMap(([id, lanes]) => lanes.map((lane) => ({ id, lane })))
      expect(new Set(all.map(({ lane }) => lane)).size).toBe(all.length)
      for (const { id, lane } of all) expect(owners.get(lane) ?? id).toBe(id)
    }),
  )
})

it('after two rounds all lanes of a channel have owners in even shares, and stay with them', () => {
  fc.assert(
    fc.property(groups, (members) => {
      const settled = next(next(members))
      for (const channel of CHANNELS) {
        const takers = settled.filter((member) => channel in member.channels)
        if (takers.length === 0) continue
        const shares = takers.map(({ owned }) => owned.filter((lane) => channelOf(lane) === channel).length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(takers[0]!.channels[channel])
      }
      const sorted = (list: readonly Member[]) => list.map(({ owned }) => owned.toSorted())
      expect(sorted(next(settled))).toEqual(sorted(settled))
    }),
  )
})

it('a member gets only lanes of its channels', () => {
  expect(
    assignLanes([
      { id: 'one', channels: { a: 2 }, owned: [] },
      { id: 'two', channels: { b: 1 }, owned: [] },
    ]),
  ).toEqual(
    new Map([
      ['one', ['a:0', 'a:1']],
      ['two', ['b:0']],
    ]),
  )
})
