import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WireRecord } from '../../src/runtime/carrier.ts'
import { decodeText } from '../../src/runtime/codec.ts'
import { idOf, type Message } from '../../src/runtime/message.ts'
import { createOutbox, type OutboxChannel } from '../../src/runtime/outbox.ts'
import { createFakeClock } from '../contract/clock.ts'
import { turn } from '../contract/host.ts'
import { messageOf } from '../contract/message.ts'
import { at } from '../contract/position.ts'
import { createFakeWire, type FakeWire } from '../contract/wire.ts'

interface Said extends Partial<OutboxChannel> {
  readonly wire?: FakeWire
  readonly remainingMs?: number
  readonly random?: () => number
}

function setUp({ wire = createFakeWire(), remainingMs = 30_000, random = () => 0.5, pack = 25 }: Said = {}) {
  const clock = createFakeClock(0)
  const { now, after, pass } = clock
  const outbox = createOutbox({
    topology: 'orders',
    stage: 'dev',
    channel: (name) => ({ sender: wire.open(`address of ${name}`), limits: wire.limits, pack }),
    now,
    after,
    random,
    remainingMs: () => remainingMs - now(),
  })
  return { outbox, wire, now, pass }
}

const some = (count: number, said: Partial<Message> = {}) =>
  Array.from({ length: count }, (_, ordinal) => messageOf({ data: ordinal, ordinal, ...said }))
const read = (records: readonly WireRecord[]) =>
  records.flatMap(({ body }) => decodeText(body, { position: at(''), key: undefined, to: 'b' }))
const dataIn = (records: readonly WireRecord[]) => read(records).map(({ data }) => data)
const sizes = (records: readonly WireRecord[] = []) => records.map(({ messages }) => messages.length)
const throttled = (batch: readonly WireRecord[]) =>
  batch.map((_, index) => ({ index, passing: true, why: 'ProvisionedThroughputExceededException: slow down' }))

describe('an outbox', () => {
  it('sends messages of a few milliseconds together, in the order of their emits', async () => {
    const { outbox, wire, pass } = setUp()
    for (const message of some(30)) outbox.add('b', message).catch(() => {})
    await pass(4)
    expect(wire.accepted).toEqual([])
    await pass(1)
    expect(sizes(wire.batches.get('address of b')?.[0])).toEqual([25, 5])
    expect(dataIn(wire.accepted)).toEqual(some(30).map(({ data }) => data))
  })

  it('passes on how long a message waits', async () => {
    const { outbox, wire, pass } = setUp({ pack: 1 })
    for (const dueMs of [65_000, 3]) outbox.add('b', messageOf({ wait: { dueMs, asked: 0 } })).catch(() => {})
    outbox.add('b', messageOf()).catch(() => {})
    await pass(5)
    expect(wire.accepted.map(({ delayMs }) => delayMs)).toEqual([65_000, 3, undefined])
  })

  it('sends at once if nothing more will come', async () => {
    const { outbox, wire } = setUp()
    const accepted = outbox.add('b', messageOf({ data: 1 }))
    outbox.idle()
    await accepted
    expect(dataIn(wire.accepted)).toEqual([1])
  })

  it('sends early if a call is full', async () => {
    const { outbox, wire } = setUp({ wire: createFakeWire(undefined, { batchRecords: 10 }) })
    for (const message of some(255)) outbox.add('b', message).catch(() => {})
    await turn()
    expect(wire.batches.get('address of b')?.map(sizes)).toEqual([Array(10).fill(25)])
  })

  it('sends at once if large messages fill a call, with any keys', async () => {
    const { outbox, wire } = setUp({ wire: createFakeWire(undefined, { batchBytes: 100_000 }) })
    for (const key of ['k', 'l', 'm']) outbox.add('b', messageOf({ data: 'x'.repeat(60_000), key })).catch(() => {})
    await turn()
    expect(
      wire.batches
        .get('address of b')
        ?.flat()
        .map(({ key }) => key),
    ).toEqual(['k', 'l', 'm'])
  })

  it('passes on when each record was made', async () => {
    const { outbox, wire, pass } = setUp()
    for (const data of [1, 2]) {
      outbox.add('b', messageOf({ data })).catch(() => {})
      await pass(1000)
    }
    const times = wire.accepted.map(({ body }) => JSON.parse(body).time)
    expect(times).toEqual(['1970-01-01T00:00:00.005Z', '1970-01-01T00:00:01.005Z'])
  })

  it('keeps a call within the bytes of its carrier', async () => {
    const { outbox, wire } = setUp({ wire: createFakeWire(undefined, { batchBytes: 100_000 }) })
    for (const message of some(40, { data: 'x'.repeat(10_000) })) outbox.add('b', message).catch(() => {})
    await outbox.close()
    const calls = wire.batches.get('address of b')!
    expect(sizes(calls.flat())).toEqual(Array(20).fill(2))
    for (const batch of calls) expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100_000)
  })

  it('packs at most 25 KB; larger messages travel alone', async () => {
    const { outbox, wire } = setUp()
    for (const size of [12_000, 12_000, 12_000, 40_000, 5]) {
      outbox.add('b', messageOf({ data: 'x'.repeat(size), ordinal: size })).catch(() => {})
    }
    await outbox.close()
    expect(sizes(wire.accepted)).toEqual([2, 1, 1, 1])
    expect(wire.accepted[0]!.bytes).toBeLessThanOrEqual(25_000)
  })

  it('sends each message alone if packs are off', async () => {
    const { outbox, wire } = setUp({ pack: 1 })
    for (const message of some(3)) outbox.add('b', message).catch(() => {})
    await outbox.close()
    expect(sizes(wire.accepted)).toEqual([1, 1, 1])
    expect(JSON.parse(wire.accepted[0]!.body)).toMatchObject({ specversion: '1.0', source: '/orders/dev/a' })
  })

  it('keeps one key to a record', async () => {
    const { outbox, wire } = setUp()
    for (const key of ['k', 'l', undefined, 'k']) outbox.add('b', messageOf({ data: key ?? null, key })).catch(() => {})
    await outbox.close()
    expect(wire.accepted.map(({ key, messages }) => [key, messages.length])).toEqual([
      ['k', 2],
      ['l', 1],
      [undefined, 1],
    ])
  })

  it('sends a message as it was when it was added', async () => {
    const { outbox, wire } = setUp()
    const data = { total: 1 }
    outbox.add('b', messageOf({ data })).catch(() => {})
    data.total = 2
    await outbox.close()
    expect(dataIn(wire.accepted)).toEqual([{ total: 1 }])
  })

  it('sends only refused messages again, after growing waits', async () => {
    const calls: number[][] = []
    const wire = createFakeWire((batch) => {
      calls.push([now(), batch.length])
      return calls.length < 4 ? throttled(batch).slice(1) : []
    })
    const { outbox, now, pass } = setUp({ wire, pack: 1 })
    const all = Promise.all(some(5).map((message) => outbox.add('b', message)))
    await pass(2000)
    await all
    expect(calls).toEqual([
      [5, 5],
      [5 + 37.5, 4],
      [5 + 37.5 + 75, 3],
      [5 + 37.5 + 75 + 150, 2],
    ])
    expect(dataIn(wire.accepted)).toEqual([0, 1, 2, 3, 4])
  })

  it('gives up with a reason if too little time remains', async () => {
    const { outbox, wire, pass, now } = setUp({ wire: createFakeWire(throttled), remainingMs: 1000 })
    const refused = outbox.add('b', messageOf()).catch((error: unknown) => error)
    await pass(1000)
    expect(await refused).toMatchObject({
      code: 'EMIT_NOT_ACCEPTED',
      message: 'channel "b" did not accept a message after 5 tries: ProvisionedThroughputExceededException: slow down',
    })
    expect(wire.accepted).toEqual([])
    expect(now()).toBe(1000)
  })

  it('does not send a finally refused message again, nor later ones with its key', async () => {
    const denied = { index: 0, passing: false, why: 'AccessDeniedException: no' }
    const { outbox, wire } = setUp({ wire: createFakeWire((_, call) => (call === 0 ? [denied] : [])), pack: 1 })
    const added = some(3, { key: 'k' }).map((message) => outbox.add('b', message))
    const results = Promise.allSettled(added)
    outbox.idle()
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(wire.accepted).toEqual([])
    const later = outbox.add('b', messageOf({ key: 'k' }))
    outbox.idle()
    await later
  })

  it('treats an error of a sender as a final refusal', async () => {
    const wire = createFakeWire(() => Promise.reject(new Error('no socket')))
    const { outbox } = setUp({ wire })
    const refused = outbox.add('b', messageOf()).catch((error: unknown) => error)
    outbox.idle()
    expect(await refused).toMatchObject({ code: 'EMIT_NOT_ACCEPTED', message: expect.stringContaining('no socket') })
  })

  it.each([
    ['is too large', { data: 'x'.repeat(100_000) }, 'EMIT_TOO_LARGE'],
    ['JSON cannot carry', { data: 1n }, 'EMIT_REFUSED'],
  ])('refuses a message that %s at once, and accepts the rest', async (_, said, code) => {
    const { outbox, wire } = setUp()
    expect(() => outbox.add('b', messageOf(said))).toThrow(expect.objectContaining({ code }))
    outbox.add('b', messageOf({ data: 1 })).catch(() => {})
    await outbox.close()
    expect(dataIn(wire.accepted)).toEqual([1])
  })

  it('refuses keys without order', () => {
    const { outbox } = setUp({ wire: createFakeWire(undefined, { orderedByKey: false }) })
    expect(() => outbox.add('b', messageOf({ key: 'k' }))).toThrow(/it has a key/)
  })

  it('accepts a message of exactly the limit', async () => {
    const { outbox, wire } = setUp()
    const bytesOf = (size: number) => {
      const { messages, bytes } = wire.accepted.at(-1)!
      return bytes + size - (messages[0]!.data as string).length
    }
    outbox.add('b', messageOf({ data: 'x'.repeat(50_000) })).catch(() => {})
    await outbox.close()
    const most = 100_000 - bytesOf(0)
    outbox.add('b', messageOf({ data: 'x'.repeat(most) })).catch(() => {})
    await outbox.close()
    expect(wire.accepted.at(-1)!.bytes).toBe(100_000)
    expect(() => outbox.add('b', messageOf({ data: 'x'.repeat(most + 1) }))).toThrow(/100001 bytes/)
  })

  it('sends everything and closes its senders, also when called twice', async () => {
    const { outbox, wire } = setUp()
    outbox.add('b', messageOf({ data: 1 })).catch(() => {})
    outbox.add('c', messageOf({ data: 2 })).catch(() => {})
    await outbox.close()
    await outbox.close()
    expect(wire.closed).toBe(2)
    expect(wire.accepted).toHaveLength(2)
  })
})

describe('with any refusals of a carrier', () => {
  const step = fc.record({
    key: fc.constantFrom(undefined, 'k', 'l', 'm'),
    channel: fc.constantFrom('b', 'c'),
    waitMs: fc.constantFrom(0, 0, 0, 1, 7),
    size: fc.constantFrom(1, 10, 3000),
    idle: fc.boolean(),
  })
  /** For each record in turn: 0 to 5 accepts it, then refusals that pass, then one for good. */
  const answers = fc.infiniteStream(fc.nat(9))
  const limits = fc.record({
    batchRecords: fc.integer({ min: 1, max: 12 }),
    batchBytes: fc.constantFrom(20_000, 10_000),
  })

  it('each message is accepted once or refused, in the order of its key, in calls within the limits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        answers,
        limits,
        fc.integer({ min: 1, max: 6 }),
        async (steps, answer, limit, pack) => {
          const wire = createFakeWire(
            async (batch) => {
              await turn()
              return batch.flatMap((_, index) => {
                const said = answer.next().value
                return said < 6 ? [] : [{ index, passing: said < 9, why: 'no' }]
              })
            },
            { messageBytes: 10_000, ...limit },
          )
          const { outbox, pass } = setUp({ wire, pack, remainingMs: 3000 })
          const added: { message: Message; channel: string; accepted: boolean | undefined }[] = []
          for (const [ordinal, { key, channel, waitMs, size, idle }] of steps.entries()) {
            const entry = {
              message: messageOf({ data: 'x'.repeat(size), key, ordinal }),
              channel,
              accepted: undefined as boolean | undefined,
            }
            added.push(entry)
            outbox.add(channel, entry.message).then(
              () => {
                entry.accepted = true
              },
              () => {
                entry.accepted = false
              },
            )
            if (idle) outbox.idle()
            if (waitMs > 0) await pass(waitMs)
          }
          await pass(10_000)
          await outbox.settled()

          const told = added.filter(({ accepted }) => accepted).map(({ message }) => idOf(message))
          const arrived = read(wire.accepted).map(idOf)
          expect([...arrived].sort()).toEqual([...told].sort())
          expect(added.every(({ accepted }) => accepted !== undefined)).toBe(true)
          for (const [address, batches] of wire.batches) {
            for (const batch of batches) {
              expect(batch.length).toBeLessThanOrEqual(limit.batchRecords)
              expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(limit.batchBytes)
              const keys = batch.flatMap(({ key }) => key ?? [])
              expect(new Set(keys).size).toBe(keys.length)
              for (const { messages } of batch) expect(messages.length).toBeLessThanOrEqual(pack)
            }
            for (const key of ['k', 'l', 'm']) {
              const sent = added.filter(
                ({ message, channel }) => message.key === key && address === `address of ${channel}`,
              )
              const order = new Map(sent.map(({ message }, index) => [idOf(message), index]))
              const got = read(wire.accepted.filter((record) => record.key === key))
                .map((message) => order.get(idOf(message)))
                .filter((index) => index !== undefined)
              expect(got).toEqual([...got].sort((a, b) => a - b))
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})
