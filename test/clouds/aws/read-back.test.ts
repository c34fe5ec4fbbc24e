import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clients, openClients } from '../../../src/clouds/aws/clients.ts'
import { messagesIn, type RecordRange, readBack } from '../../../src/clouds/aws/read-back.ts'
import { type Emulator, PLACE } from '../../contract/emulator.ts'
import { graphOf } from '../../contract/graph.ts'
import { makeStream, startKinesisLocal } from '../../contract/kinesis-local.ts'

let emulator: Emulator
let clients: Clients
let sequences: readonly string[]
const shard = 'shardId-000000000000'
const stream = 'orders--dev--bill'

beforeAll(async () => {
  emulator = await startKinesisLocal()
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = emulator.env
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! }
  clients = openClients({ endpoint: endpoint!, credentials, region: PLACE.region }, () => performance.now())
  const texts = ['one', 'two', 'three', 'four']
  const records = texts.map((text) => ({ key: `key of ${text}`, body: JSON.stringify(text) }))
  sequences = await makeStream(emulator, stream, records)
})

afterAll(async () => {
  clients?.close()
  await emulator?.close()
})

const graph = graphOf({
  name: 'orders',
  processors: { a: () => {}, bill: () => {}, c: () => {} },
  streams: [['a', 'bill', 't'], { from: 'a', to: 'bill', topic: 'gone', stream: 'gone' }, ['bill', 'c', 't']],
})
const to = { graph, processor: 'bill' }

const read = async (first: number, last: number, said: Partial<RecordRange> = {}) => {
  const range = { stream, shard, first: sequences[first]!, last: sequences[last]!, most: 10_000, ...said }
  const records = await readBack({ clients, place: PLACE }, to, range)
  return records?.flatMap((record) => messagesIn(record, 'bill')).map(({ data, key }) => [data, key])
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
  expect(await read(0, 3)).toHaveLength(4)
})

test('nothing of a stream that is gone', async () => {
  expect(await read(0, 0, { stream: 'orders--dev--gone' })).toEqual([])
})

test('no more records than the function had, even if the last position is far away', async () => {
  const last = `1${'0'.repeat(60)}`
  expect((await read(1, 3, { last, most: 2 }))?.map(([data]) => data)).toEqual(['two', 'three'])
  expect(await read(0, 3, { last: `1${'0'.repeat(59)}`, first: last, most: 2 })).toEqual([])
})

test('nothing of a stream that the processor does not receive from', async () => {
  for (const foreign of ['payroll-of-others', 'orders--dev--c', 'orders--prod--bill', '', stream.toUpperCase()]) {
    expect(await read(0, 0, { stream: foreign })).toBeUndefined()
  }
  const range = { stream, shard, first: sequences[0]!, last: sequences[0]!, most: 1 }
  for (const processor of ['c', 'nobody']) {
    expect(await readBack({ clients, place: PLACE }, { graph, processor }, range)).toBeUndefined()
  }
})
