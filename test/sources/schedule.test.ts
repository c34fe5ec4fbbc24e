import { expect, it } from 'vitest'
import { dueTimes } from '../../src/sources/schedule/due.ts'
import { rateMs } from '../../src/sources/schedule/rate.ts'
import { schedule } from '../../src/sources/schedule/source.ts'
import type { TopologySource } from '../../src/topology/source.ts'
import { fakeWorld } from './world.ts'

const sourceOf = (settings: TopologySource['settings']): TopologySource => {
  return { name: 'often', type: 'schedule', to: 'report', settings }
}

it('an event comes after each step of a rate, with the time at which it was due', async () => {
  const world = fakeWorld()
  const open = await schedule.open([sourceOf({ rate: '5 minutes' })], world)
  expect(open.lines).toEqual(['every 5 minutes → report'])
  await world.pass(14 * 60_000)
  expect(world.events).toMatchObject([
    { to: 'report', event: { source: 'often', time: '2026-01-01T00:05:00.000Z' } },
    { to: 'report', event: { source: 'often', time: '2026-01-01T00:10:00.000Z' } },
  ])
})

it.each([
  ['1 seconds', 'every second'],
  ['every 5 minutes', 'every 5 minutes'],
  ['seconds', 'every second'],
  ['11 hour', 'every 11 hours'],
])('the rate "%s" is printed as "%s"', async (rate, said) => {
  const source = { name: 'r', type: 'schedule', to: 'report', settings: { rate } } as const
  const open = await schedule.open([source], fakeWorld())
  await open.stop()
  expect(open.lines).toEqual([`${said} → report`])
})

it('every worker gives a tick the same id, so that one of them is taken', async () => {
  const worlds = [fakeWorld(), fakeWorld()]
  for (const [index, world] of worlds.entries()) {
    await world.pass(index * 1000)
    await schedule.open([sourceOf({ rate: '5 minutes' }), sourceOf({ cron: '*/7 * * * *' })], world)
    await world.pass(14 * 60_000)
  }
  const [ids, others] = worlds.map(({ events }) => events.map(({ id, isShared }) => isShared === true && id))
  expect(ids).toHaveLength(4)
  expect(others).toEqual(ids)
  expect(new Set(ids).size).toBe(4)
})

it('a stopped schedule gives no more events, and waits for those that are not done', async () => {
  let end: (errors: number) => void = () => {}
  const world = fakeWorld({ take: () => new Promise((resolve) => (end = resolve)) })
  const open = await schedule.open([sourceOf({ rate: '1 minute', event: 1 })], world)
  await world.pass(60_000)
  let isStopped = false
  const stopping = open.stop().then(() => {
    isStopped = true
  })
  await world.pass(600_000)
  expect([world.events, isStopped]).toMatchObject([[{ to: 'report', event: 1 }], false])
  end(0)
  await stopping
})

it('a wait that is longer than a timer of Node is waited for in parts', async () => {
  const world = fakeWorld()
  await schedule.open([sourceOf({ rate: '90 days' })], world)
  await world.pass(89 * 86_400_000)
  expect(world.events).toEqual([])
  await world.pass(86_400_000)
  expect(world.events).toHaveLength(1)
})

it('cron follows its time zone, also over the change to summer time', () => {
  const times = dueTimes({ cron: '30 3 * * *', timezone: 'Europe/Berlin' }, Date.UTC(2026, 2, 27, 12))
  const iso = [1, 2, 3].map(() => new Date(times.next().value!).toISOString())
  expect(iso).toEqual(['2026-03-28T02:30:00.000Z', '2026-03-29T01:30:00.000Z', '2026-03-30T01:30:00.000Z'])
})

it.each([
  ['0 0 30 2 *', 'never comes true'],
  ['61 * * * *', 'is not cron: '],
])('the cron "%s" is refused: it %s', async (cron, what) => {
  const fault = { source: 'often', setting: 'cron', what: expect.stringContaining(what) }
  expect(await schedule.check([sourceOf({ cron: '0 3 * * *' }), sourceOf({ cron })])).toEqual([fault])
})

it.each([
  ['5 minutes', 300_000],
  ['every 30 seconds', 30_000],
  ['hour', 3_600_000],
  ['1 day', 86_400_000],
  ['0 minutes', undefined],
  ['5', undefined],
  ['400 days', undefined],
  ['-1 hour', undefined],
])('the rate "%s" is %s ms', (text, ms) => {
  expect(rateMs(text)).toBe(ms)
})
