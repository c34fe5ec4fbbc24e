import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeeper } from '../../src/runtime/keep.ts'
import { parseRecord } from '../../src/runtime/parse-record.ts'
import type { Position } from '../../src/runtime/position.ts'
import { createFakeClock } from '../contract/clock.ts'
import { recordOf } from '../contract/error-record.ts'
import { createFakeStore, type FakeStore, refuseRecords } from '../contract/fake-store.ts'
import { messageOf } from '../contract/message.ts'
import { at } from '../contract/position.ts'

function setUp(store: FakeStore = createFakeStore(), remainingMs = 30_000) {
  const clock = createFakeClock(0)
  const { now, after, until } = clock
  const isKept = ({ carrier }: Position) => carrier === 'kinesis'
  const keeper = createKeeper({ store, isKept, after, random: () => 0.5, remainingMs: () => remainingMs - now() })
  return { keeper, store, until, now }
}

const record = (ordinal: number) => recordOf({ message: messageOf({ data: ordinal, ordinal }) })
const some = (count: number) => Array.from({ length: count }, (_, ordinal) => record(ordinal))

describe('a keeper', () => {
  it('stores records that come together in as few calls as possible', async () => {
    const { keeper, store, until } = setUp()
    const records = some(25)
    await until(Promise.all(records.map(keeper.keep)))
    expect(store.batches.map(({ length }) => length)).toEqual([10, 10, 5])
    const read = store.kept.map(({ text }) => parseRecord(text, ''))
    expect(read).toEqual(records.map((one) => ({ kind: 'record', record: one })))
  })

  it('sends at once if nothing more will come', async () => {
    const { keeper, store, now } = setUp()
    const kept = keeper.keep(record(0))
    keeper.flush()
    await kept
    expect([store.kept.length, now()]).toEqual([1, 0])
  })

  it('stores one record if two with one id are in flight', async () => {
    const { keeper, store, until } = setUp()
    await until(Promise.all([keeper.keep(record(0)), keeper.keep(record(0))]))
    expect(store.kept).toHaveLength(1)
    await until(keeper.keep(record(0)))
    expect(store.kept).toHaveLength(2)
  })

  it('retries only temporary failures', async () => {
    const store = createFakeStore((batch, call) => (call < 3 ? refuseRecords(batch, true).slice(0, 1) : []))
    const { keeper, until } = setUp(store)
    await until(Promise.all(some(3).map(keeper.keep)))
    expect(store.batches.map(({ length }) => length)).toEqual([3, 1, 1, 1])
    expect(store.kept).toHaveLength(3)
  })

  it('has a remedy after a final refusal, or one that lasts too long', async () => {
    const refused = setUp(createFakeStore((batch) => refuseRecords(batch, false)))
    await expect(refused.until(refused.keeper.keep(record(0)))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(
        /error record [0-9a-f]{32} of "b" could not be kept in the reader fake: AccessDenied/,
      ),
      remedy: expect.stringMatching(/attak deploy.*needs fake:Put there/),
    })
    const throttled = setUp(
      createFakeStore((batch) => refuseRecords(batch, true)),
      2000,
    )
    await expect(throttled.until(throttled.keeper.keep(record(0)))).rejects.toMatchObject({
      message: expect.stringMatching(/after \d tries: Throttling/),
    })
    expect(throttled.now()).toBeLessThan(2000)
  })

  it('refuses a record that is too large for the store and in no stream', async () => {
    const { keeper, store } = setUp(createFakeStore(() => [], { recordBytes: 500 }))
    await expect(keeper.keep(recordOf({ position: at('queue/1', 'sqs') }))).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
    expect(store.batches).toEqual([])
  })

  it('reports each record correctly: it is kept if it reports so, in any order of the store', async () => {
    const answer = fc.constantFrom('takes', 'passing', 'for good', 'some')
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), async (answers, count) => {
        const store = createFakeStore((batch, call) => {
          const how = answers[call] ?? 'takes'
          if (how === 'takes') return []
          const refusals = refuseRecords(batch, how !== 'for good')
          return how === 'some' ? refusals.filter(({ index }) => index % 2 === 0) : refusals
        })
        const { keeper, until } = setUp(store)
        const records = some(count)
        const said = await until(Promise.allSettled(records.map(keeper.keep)))
        await until(keeper.settled())
        const kept = store.kept.map(({ id }) => id)
        const saidKept = records.filter((_, index) => said[index]!.status === 'fulfilled').map(({ id }) => id)
        expect([...kept].sort()).toEqual([...saidKept].sort())
      }),
    )
  })
})
