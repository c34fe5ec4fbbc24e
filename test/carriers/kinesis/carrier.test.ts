import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamArn } from '../../../src/aws/names.ts'
import { kinesis } from '../../../src/carriers/kinesis/carrier.ts'
import { kinesisReceiver } from '../../../src/carriers/kinesis/receive.ts'
import { partitionKeyOf, senderToStream } from '../../../src/carriers/kinesis/send.ts'
import { arrivedForm, carrierContract } from '../../contract/carrier.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { startKinesisLocal } from '../../contract/kinesis-local.ts'
import { messageOf } from '../../contract/message.ts'
import { overWire } from '../../contract/over-wire.ts'
import { at } from '../../contract/position.ts'

let emulator: Emulator
let streams = 0
beforeAll(async () => {
  emulator = await startKinesisLocal()
})
afterAll(() => emulator.close())

const call = (operation: string, body: object) => callAws(emulator.client, `Kinesis_20131202.${operation}`, body)

/** Everything in a stream, as Lambda hands it over: shard by shard. */
async function payloadOf(arn: string) {
  const { Shards } = (await call('ListShards', { StreamARN: arn })) as { Shards: { ShardId: string }[] }
  const records = []
  for (const { ShardId } of Shards) {
    const where = { StreamARN: arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
    let { ShardIterator } = await call('GetShardIterator', where)
    for (;;) {
      const got = (await call('GetRecords', { ShardIterator })) as unknown as GotRecords
      for (const { SequenceNumber, PartitionKey, Data } of got.Records) {
        records.push({
          eventID: `${ShardId}:${SequenceNumber}`,
          eventSourceARN: arn,
          kinesis: { sequenceNumber: SequenceNumber, partitionKey: PartitionKey, data: Data },
        })
      }
      if (got.Records.length === 0 && !(got.MillisBehindLatest > 0)) break
      ShardIterator = got.NextShardIterator
    }
  }
  return { Records: records }
}

interface GotRecords {
  readonly Records: readonly { SequenceNumber: string; PartitionKey: string; Data: string }[]
  readonly NextShardIterator: string
  readonly MillisBehindLatest: number
}

carrierContract('kinesis, on kinesis-local', async () => {
  const name = `stream-${streams++}`
  const arn = streamArn(PLACE, name)
  await call('CreateStream', { StreamName: name, ShardCount: 3 })
  const open = () => senderToStream(emulator.client, arn)
  return {
    way: overWire({ limits: { ...kinesis.rules.limits, orderedByKey: true }, open }, { addressOf: () => arn }),
    async arrived() {
      const deliveries = kinesisReceiver.decode(await payloadOf(arn), 'b')
      return deliveries.flatMap(({ messages }) => messages.map(arrivedForm))
    },
    close: async () => void (await call('DeleteStream', { StreamName: name })),
  }
})

describe('a payload of Lambda from a stream', () => {
  const record = (said: { sequence?: string; data?: string; key?: string }) => ({
    eventID: `shardId-000000000001:${said.sequence ?? '7'}`,
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--b',
    kinesis: { sequenceNumber: said.sequence ?? '7', partitionKey: said.key ?? 'k', data: said.data ?? '' },
  })

  it('is read with positions, and with the partition key of foreign records', () => {
    const data = Buffer.from('{"total":3}').toString('base64')
    const [delivery] = kinesisReceiver.decode({ Records: [record({ data })] }, 'b')
    expect(delivery).toMatchObject({ record: '7', position: at('orders--dev--b/shardId-000000000001/7') })
    expect(delivery?.messages).toMatchObject([{ data: { total: 3 }, topic: undefined, key: 'k', edge: { to: 'b' } }])
  })

  it('is answered with the first failed record, since all later ones are delivered again too', () => {
    const large = '49590338271490256608559692538361571095921575989136588898'
    expect(kinesisReceiver.settle(new Set([`1${large}`, large, `${large}1`]))).toEqual({
      batchItemFailures: [{ itemIdentifier: large }],
    })
    expect(kinesisReceiver.settle(new Set())).toEqual({ batchItemFailures: [] })
  })
})

describe('the partition key of a record', () => {
  const keyOf = (key: string | undefined) => partitionKeyOf({ key, messages: [messageOf()], body: '', bytes: 0 })

  it('is its key if Kinesis accepts it, otherwise the hash of the key', () => {
    expect(keyOf('k ü 𝄞')).toBe('k ü 𝄞')
    for (const key of ['', 'x'.repeat(257), '\uD800']) expect(keyOf(key)).toMatch(/^[0-9a-f]{64}$/)
    expect(keyOf('\uD800')).not.toBe(keyOf('\uD801'))
  })

  it('differs for each message without a key', () => {
    expect(keyOf(undefined)).toMatch(/^[0-9a-f]{32}$/)
  })
})
