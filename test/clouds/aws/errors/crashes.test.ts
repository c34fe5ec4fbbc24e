import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clients, openClients } from '../../../../src/clouds/aws/clients.ts'
import { crashesReader } from '../../../../src/clouds/aws/errors/open.ts'
import type { ErrorRecord } from '../../../../src/runtime/error-record.ts'
import { encodeMessage } from '../../../../src/runtime/event.ts'
import { type StreamCrashSaid, streamCrashOf } from '../../../contract/crash.ts'
import { type Emulator, PLACE } from '../../../contract/emulator.ts'
import { startFauxqs } from '../../../contract/fauxqs.ts'
import { graphOf } from '../../../contract/graph.ts'
import { makeStream, startKinesisLocal } from '../../../contract/kinesis-local.ts'
import { messageOf } from '../../../contract/message.ts'

const origin = { topology: 'orders', stage: 'dev', time: '2026-11-21T13:00:00.000Z' }
const graph = graphOf({
  name: 'orders',
  processors: { a: () => {}, b: () => {} },
  streams: [['a', 'b', 't'], { from: 'a', to: 'b', topic: 'gone', stream: 'gone' }],
})
const stream = 'orders--dev--b'
const messages = ['one', 'two', 'three'].map((data, ordinal) => messageOf({ data, ordinal, id: undefined }))

const emulators: Emulator[] = []
const opened: Clients[] = []
let clients: Clients
let sequences: readonly string[]

beforeAll(async () => {
  emulators.push(await startKinesisLocal(), await startFauxqs())
  for (const { env } of emulators) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    opened.push(
      openClients({ endpoint: env.AWS_ENDPOINT_URL!, credentials, region: PLACE.region }, () => performance.now()),
    )
  }
  const [kinesis, sqs] = opened
  clients = { ...kinesis!, sqs: sqs!.sqs, messages: sqs!.messages }
  const records = messages.map((message) => ({ key: 'k', body: encodeMessage(message, origin) }))
  sequences = await makeStream(emulators[0]!, stream, records)
  const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'orders--dev--_crashes' }))
  const tell = (info: Parameters<typeof payloadOf>[0]) =>
    clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(payloadOf(info)) }))
  const [first, last] = sequences as readonly [string, string]
  const range = { startSequenceNumber: first, endSequenceNumber: last, batchSize: 2 }
  await tell(range)
  await tell({ ...range, streamArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/orders--dev--gone' })
})

afterAll(async () => {
  for (const each of opened) each.close()
  for (const emulator of emulators) await emulator.close()
})

/** The report of Lambda about records that `b` did not get through. */
function payloadOf(records: Omit<StreamCrashSaid, 'functionArn' | 'streamArn'> & Partial<StreamCrashSaid>) {
  const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:orders--dev--b'
  const streamArn = `arn:aws:kinesis:eu-west-1:000000000000:stream/${stream}`
  return streamCrashOf({ functionArn, streamArn, invocations: 1, ...records })
}

const list = async (known: (id: string) => ErrorRecord | undefined = () => undefined) => {
  const reader = crashesReader({ account: { clients, place: PLACE }, graph, fifo: false, known })
  const { records } = await reader.list()
  return [false, true].map((isGone) => records.find(({ position }) => position?.channel.includes('gone') === isGone)!)
}

test('a crash lists every message of the function that its stream keeps, and counts the others', async () => {
  const [kept, gone] = await list()
  expect(kept!.suspects?.map(({ data, attakparent, time }) => [data, attakparent, time])).toEqual([
    ['one', 'the id of its parent', origin.time],
    ['two', 'the id of its parent', origin.time],
  ])
  expect([kept!.withoutData, gone!.withoutData, gone!.suspects]).toEqual([undefined, true, []])
  expect(gone!.error.message).toMatch(/2 records in 1 invocation: .*; they are no longer in the stream$/)
})

test('messages are read back only once', async () => {
  const [kept] = await list()
  const [, gone] = await list((id) => (id === kept!.id ? undefined : { ...kept!, id }))
  expect(gone!.suspects).toEqual(kept!.suspects)
})
