import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queueArn, streamArn } from '../../src/aws/names.ts'
import { kinesis } from '../../src/carriers/kinesis/carrier.ts'
import { senderToStream } from '../../src/carriers/kinesis/send.ts'
import { sqs } from '../../src/carriers/sqs/carrier.ts'
import { senderToQueue } from '../../src/carriers/sqs/send.ts'
import { decodeText } from '../../src/runtime/codec.ts'
import { idOf, type Message } from '../../src/runtime/message.ts'
import { PLACE } from '../contract/emulator.ts'
import { type Fault, type FaultyAws, startFaultyAws } from '../contract/faulty-aws.ts'
import { messageOf } from '../contract/message.ts'
import { overWire } from '../contract/over-wire.ts'
import { at } from '../contract/position.ts'

const CASES = [
  {
    name: 'kinesis',
    limits: { ...kinesis.rules.limits, orderedByKey: true },
    address: streamArn(PLACE, 's'),
    open: ({ client }: FaultyAws, arn: string) => senderToStream(client, arn),
  },
  {
    name: 'sqs with FIFO queues',
    limits: { ...sqs.rules.limits, orderedByKey: true },
    address: queueArn(PLACE, 'q.fifo'),
    open: ({ client }: FaultyAws, arn: string) => senderToQueue(client, arn, { fifo: true }),
  },
]
const KEYS = ['k', 'l', 'm', undefined]
const FAULTS: readonly Fault[] = [
  'none',
  'none',
  'throttle',
  'fault',
  'cut before',
  'cut after',
  'some refused',
  'some refused',
]

const arrivedAt = (server: FaultyAws) =>
  server.accepted.flatMap((body) => decodeText(body, { position: at(''), key: undefined, to: 'b' }))

/** The first arrival of each id: a repeated one has the same id. */
function firsts(messages: readonly Message[]): readonly Message[] {
  const seen = new Set<string>()
  return messages.filter((message) => !seen.has(idOf(message)) && seen.add(idOf(message)))
}

describe.each(CASES)('over $name', ({ limits, address, open }) => {
  it('nothing is lost and each key stays in order, if any part of any call fails or is cut off', async () => {
    const fault = fc.infiniteStream(fc.constantFrom(...FAULTS))
    await fc.assert(
      fc.asyncProperty(
        fault,
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 1, max: 7 }),
        async (faults, refusals, pack) => {
          let calls = 0
          const server = await startFaultyAws(
            () => (calls++ < 12 ? faults.next().value : 'none'),
            () => refusals.next().value,
          )
          try {
            const sender = overWire(
              { limits, open: (arn) => open(server, arn) },
              { addressOf: () => address, pack },
            ).open('a')
            const sent = Array.from({ length: 60 }, (_, ordinal) =>
              messageOf({ data: ordinal, key: KEYS[ordinal % KEYS.length], ordinal }),
            )
            const refused = await Promise.all([sender.send(sent.slice(0, 25)), sender.send(sent.slice(25))])
            await sender.close()
            expect(refused).toEqual([[], []])
            const arrived = firsts(arrivedAt(server))
            expect(arrived.map(({ data }) => data).sort()).toEqual(sent.map(({ data }) => data).sort())
            for (const key of ['k', 'l', 'm']) {
              const ofKey = (list: readonly Message[]) =>
                list.filter((said) => said.key === key).map(({ data }) => data)
              expect(ofKey(arrived)).toEqual(ofKey(sent))
            }
          } finally {
            await server.close()
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  it('calls keep to the limits of the service, keys included, and have no key twice', async () => {
    const server = await startFaultyAws(
      () => 'none',
      () => false,
    )
    const sender = overWire({ limits, open: (arn) => open(server, arn) }, { addressOf: () => address, pack: 1 }).open(
      'a',
    )
    const small = Array.from({ length: 1100 }, (_, ordinal) =>
      messageOf({ data: 1, key: `key ${ordinal % 700}`, ordinal }),
    )
    const large = Array.from({ length: 9 }, (_, ordinal) =>
      messageOf({ topic: 'large', data: 'ü'.repeat(400_000), ordinal }),
    )
    expect(await sender.send([...small, ...large])).toEqual([])
    await sender.close()
    expect(arrivedAt(server)).toHaveLength(small.length + large.length)
    for (const { records, bytes, keys } of server.calls) {
      expect(records).toBeLessThanOrEqual(limits.batchRecords)
      expect(bytes).toBeLessThanOrEqual(limits.batchBytes + 64 * records)
      expect(new Set(keys).size).toBe(keys.length)
    }
    await server.close()
  })

  it('a final refusal is reported at once, with the message of the service', async () => {
    const server = await startFaultyAws(
      () => 'none',
      () => false,
    )
    const sender = open({ ...server, client: { ...server.client, call: async () => REFUSAL } }, address)
    const refused = await sender.send([{ messages: [messageOf()], key: undefined, body: '1', bytes: 1 }], 1000)
    expect(refused).toEqual([{ index: 0, passing: false, why: 'AccessDeniedException: not authorized' }])
    await server.close()
  })
})

const REFUSAL = {
  ok: false,
  code: 'AccessDeniedException',
  message: 'not authorized',
  status: 400,
  passing: false,
} as const
