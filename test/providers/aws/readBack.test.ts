import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Clients, openClients } from '../../../src/providers/aws/clients.ts'
import { messagesIn, readBack } from '../../../src/providers/aws/readBack.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { startKinesisLocal } from '../../contract/kinesis-local.ts'

let emulator: Emulator
let clients: Clients
let sequences: string[]
const shard = 'shardId-000000000000'
const stream = 'orders--dev--bill'

beforeAll(async () => {
  emulator = await startKinesisLocal()
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = emulator.env
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! }
  clients = openClients({ endpoint: endpoint!, credentials, region: PLACE.region }, performance.now)
  const call = (action: string, body: object) => callAws(emulator.client, `Kinesis_20131202.${action}`, body)
  await call('CreateStream', { StreamName: stream, ShardCount: 1 })
  await vi.waitFor(
    async () => {
      const { StreamDescriptionSummary } = await call('DescribeStreamSummary', { StreamName: stream })
      expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE' })
    },
    { timeout: 300_000 },
  )
  sequences = []
  for (const data of ['one', 'two', 'three', 'four']) {
    const Data = Buffer.from(JSON.stringify(data)).toString('base64')
    const answer = await call('PutRecord', { StreamName: stream, PartitionKey: `key of ${data}`, Data })
    sequences.push(String(answer.SequenceNumber))
  }
})

afterAll(async () => {
  clients?.close()
  await emulator?.close()
})

const read = async (first: number, last: number) => {
  const range = { stream, shard, first: sequences[first]!, last: sequences[last]! }
  const records = await readBack({ clients, place: PLACE }, range)
  return records.flatMap((record) => messagesIn(record, 'bill')).map(({ data, key }) => [data, key])
}

test('one record, by its position', async () => {
  expect(await read(2, 2)).toEqual([['three', 'key of three']])
})

test('a range of records, in order, and none beyond it', async () => {
  expect(await read(1, 2)).toEqual([
    ['two', 'key of two'],
    ['three', 'key of three'],
  ])
})

test('up to the newest record', async () => {
  expect((await read(0, 3)).length).toBe(4)
})

test('of a stream that is gone there is nothing', async () => {
  const range = { stream: 'orders--dev--gone', shard, first: sequences[0]!, last: sequences[0]! }
  expect(await readBack({ clients, place: PLACE }, range)).toEqual([])
})
