import { expect, test } from 'vitest'
import { asFirstAttempt, makeReady } from '../../../src/cli/errors/ready.ts'
import { hintOf } from '../../../src/cli/hint.ts'
import type { CloudEvent } from '../../../src/runtime/event.ts'
import type { Position } from '../../../src/runtime/position.ts'
import { at } from '../../contract/position.ts'
import { failed } from './world.ts'

const hint = hintOf({ flags: {} })

const project = { names: ['a', 'b'], processors: new Map() }
const position = at('orders--dev--b/shardId-000000000000/49601189658422359378836298521827638475320189012309704722')

/** A record that its store had to keep without its event. */
function withoutData(order: number) {
  const record = failed(order, { withoutData: true, position })
  const { data, ...event } = record.message!
  return { record: { ...record, message: event as CloudEvent }, whole: { ...event, data } as CloudEvent }
}

test('an event that was too large to be recorded is read from the stream', async () => {
  const { record, whole } = withoutData(1)
  const asked: [Position, string][] = []
  const readAgain = async (place: Position, processor: string) => {
    asked.push([place, processor])
    return [failed(2).message!, whole]
  }
  const { units, problems } = await makeReady([record], { ...project, hint, readAgain })
  expect(problems).toEqual([])
  expect(units).toEqual([{ record, events: [whole] }])
  expect(asked).toEqual([[position, 'b']])
})

test('the message is found by the id of the record if the record could not keep it', async () => {
  const { record, whole } = withoutData(1)
  const { message: _, ...bare } = record
  const readAgain = async () => [failed(2).message!, whole]
  expect((await makeReady([bare], { ...project, hint, readAgain })).units).toEqual([{ record: bare, events: [whole] }])
})

test('an event that the stream no longer has is gone, and so is one that a simulation would have to read', async () => {
  const { record } = withoutData(1)
  for (const options of [
    { ...project, hint, readAgain: async () => [] },
    { ...project, hint },
  ]) {
    const { units, problems } = await makeReady([record], options)
    expect([units, problems.map(({ code }) => code)]).toEqual([[], ['EVENT_GONE']])
  }
})

test('the remaining messages of a crash can be replayed; without any it is gone', async () => {
  const { message: _, ...about } = failed(3)
  const crash = { ...about, kind: 'crash', withoutData: true, position } as const
  const suspects = [failed(4).message!]
  const { units, problems } = await makeReady(
    [
      { ...crash, suspects },
      { ...crash, id: 'ab', suspects: [] },
    ],
    { ...project, hint },
  )
  expect(units.map(({ events }) => events)).toEqual([suspects])
  expect(problems).toMatchObject([{ code: 'EVENT_GONE', where: 'error ab of "b"' }])
})

test('a message that is too large for a function is reported before it is sent', async () => {
  const large = failed(5, { message: { ...failed(5).message!, data: 'x'.repeat(1000) } })
  expect((await makeReady([large], { ...project, hint, mostBytes: 1000 })).problems).toMatchObject([
    { code: 'EMIT_TOO_LARGE' },
  ])
  expect((await makeReady([large], { ...project, hint })).units).toHaveLength(1)
})

test('a message that waited for its next attempt is sent at once, as a first attempt', () => {
  const event = failed(1).message!
  const waiting = { ...event, attakattempt: 3, attakdue: '2026-11-21T14:00:00.000Z', attakasked: 2, attakchannel: 'b' }
  const forced = { ...waiting, attakforce: true } as const
  for (const one of [waiting, forced]) expect(asFirstAttempt(one)).toEqual({ ...event, attakattempt: 1 })
})

test('an unreadable record is not replayed, since only its beginning is kept', async () => {
  const refused = failed(1, {
    error: { name: 'AttakError', code: 'RECORD_REFUSED', message: 'its data nests too deep' },
  })
  const { units, problems } = await makeReady([refused, failed(2)], { ...project, hint })
  expect(units.map(({ record }) => record)).toEqual([failed(2)])
  expect(problems).toMatchObject([{ code: 'RECORD_REFUSED', remedy: expect.stringContaining('attak errors purge') }])
})

test('records of one message are replayed once, and different messages with one id are all replayed', async () => {
  const one = failed(1)
  const same = { ...failed(2), message: one.message! }
  const other = { ...failed(3), message: { ...one.message!, data: 'other' } }
  const { units } = await makeReady([one, same, other], { ...project, hint })
  expect(units.map(({ events }) => events.map(({ data }) => data))).toEqual([[one.message!.data], [], ['other']])
})
