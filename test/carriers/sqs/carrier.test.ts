import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AwsClient } from '../../../src/aws/client.ts'
import { queueArn } from '../../../src/aws/names.ts'
import { sqs } from '../../../src/carriers/sqs/carrier.ts'
import { sqsReceiver } from '../../../src/carriers/sqs/receive.ts'
import { fifoFieldsOf, senderToQueue } from '../../../src/carriers/sqs/send.ts'
import { type ArrivedMessage, arrivedForm, carrierContract } from '../../contract/carrier.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { startFauxqs } from '../../contract/fauxqs.ts'
import { messageOf } from '../../contract/message.ts'
import { overWire } from '../../contract/over-wire.ts'
import { at } from '../../contract/position.ts'

let emulator: Emulator
let queues = 0
beforeAll(async () => {
  emulator = await startFauxqs()
})
afterAll(() => emulator.close())

const call = (operation: string, body: object) => callAws(emulator.client, `AmazonSQS.${operation}`, body)

interface Received {
  readonly MessageId: string
  readonly Body: string
  readonly ReceiptHandle: string
  readonly Attributes: Readonly<Record<string, string>>
}

/** Takes everything out of a queue, as Lambda hands it over. */
async function takeAll(url: string, arn: string) {
  const records = []
  for (;;) {
    const asked = { QueueUrl: url, MaxNumberOfMessages: 10, AttributeNames: ['All'] }
    const { Messages = [] } = (await call('ReceiveMessage', asked)) as { Messages?: readonly Received[] }
    if (Messages.length === 0) return { Records: records }
    for (const { MessageId, Body, Attributes, ReceiptHandle } of Messages) {
      records.push({ messageId: MessageId, body: Body, attributes: Attributes, eventSourceARN: arn })
      await call('DeleteMessage', { QueueUrl: url, ReceiptHandle })
    }
  }
}

for (const fifo of [false, true]) {
  const world = async () => {
    const name = `queue-${queues++}${fifo ? '.fifo' : ''}`
    const arn = queueArn(PLACE, name)
    const attributes = fifo ? { FifoQueue: 'true' } : {}
    const { QueueUrl } = await call('CreateQueue', { QueueName: name, Attributes: attributes })
    const arrived: ArrivedMessage[] = []
    const open = () => senderToQueue(emulator.client, arn, { fifo })
    return {
      way: overWire({ limits: { ...sqs.rules.limits, orderedByKey: fifo }, open }, { addressOf: () => arn }),
      async arrived() {
        const deliveries = sqsReceiver.decode(await takeAll(String(QueueUrl), arn), 'b')
        arrived.push(...deliveries.flatMap(({ messages }) => messages.map(arrivedForm)))
        return arrived
      },
      close: async () => void (await call('DeleteQueue', { QueueUrl })),
    }
  }
  const skips = [
    {
      test: 'delivers characters of every plane of Unicode',
      reason: 'fauxqs 1.9.2 refuses those above the first, which SQS takes',
    },
  ]
  const unordered = [
    { test: 'keeps the order of each key, over many sends', reason: 'a queue that is not FIFO promises no order' },
  ]
  if (fifo) carrierContract('sqs with FIFO queues, on fauxqs', world, skips)
  else carrierContract('sqs, on fauxqs', world, [...skips, ...unordered])
}

describe('a record with a delay', () => {
  const sent: { Entries: { DelaySeconds?: number }[] }[] = []
  const client: AwsClient = {
    endpoint: () => '',
    close: () => {},
    async call({ body }) {
      sent.push(JSON.parse(body))
      return { ok: true, value: { Successful: [{ Id: '0' }, { Id: '1' }, { Id: '2' }, { Id: '3' }] }, headers: {} }
    },
  }
  const records = [{}, { delayMs: 0 }, { delayMs: 1001 }, { delayMs: 1e9 }].map((said) => {
    return { messages: [messageOf()], key: undefined, body: '{}', bytes: 2, ...said }
  })

  it('is delayed by enough whole seconds, up to the limit, each in one call', async () => {
    sent.length = 0
    expect(await senderToQueue(client, queueArn(PLACE, 'q'), { fifo: false }).send(records)).toEqual([])
    expect(sent.map(({ Entries }) => Entries.map(({ DelaySeconds }) => DelaySeconds))).toEqual([
      [undefined, undefined, 2, 900],
    ])
  })

  it('is not delayed by a FIFO queue, which can only delay everything', async () => {
    sent.length = 0
    await senderToQueue(client, queueArn(PLACE, 'q.fifo'), { fifo: true }).send(records)
    expect(JSON.stringify(sent)).not.toContain('DelaySeconds')
  })

  it('is not received before its time, on fauxqs', async () => {
    const arn = queueArn(PLACE, `queue-${queues++}`)
    const { QueueUrl } = await call('CreateQueue', { QueueName: arn.split(':').at(-1) })
    const sender = senderToQueue(emulator.client, arn, { fifo: false })
    const due = (body: string, delayMs: number) => ({
      messages: [messageOf()],
      key: undefined,
      body,
      bytes: 3,
      delayMs,
    })
    expect(await sender.send([due('"now"', 0), due('"soon"', 500), due('"late"', 600_000)])).toEqual([])
    const take = async () => (await takeAll(String(QueueUrl), arn)).Records.map(({ body }) => body)
    expect(await take()).toEqual(['"now"'])
    const counts = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
    expect(counts.Attributes).toMatchObject({ ApproximateNumberOfMessagesDelayed: '2' })
    const asked = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 3 }
    const { Messages } = (await call('ReceiveMessage', asked)) as { Messages: readonly Received[] }
    expect(Messages.map(({ Body }) => Body)).toEqual(['"soon"'])
  })
})

describe('a payload of Lambda from a queue', () => {
  const record = (name: string) => ({
    messageId: 'm1',
    body: 'order 3',
    attributes: { MessageGroupId: 'g' },
    eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${name}`,
  })

  it('is read with positions, and from a FIFO queue with the group of foreign records', () => {
    const [plain, ordered] = ['q', 'q.fifo'].map((name) => sqsReceiver.decode({ Records: [record(name)] }, 'b')[0])
    expect(plain).toMatchObject({
      record: 'm1',
      position: at('q/m1', 'sqs'),
      messages: [{ data: 'order 3', key: undefined }],
    })
    expect(ordered).toMatchObject({
      record: 'm1',
      position: at('q.fifo/m1', 'sqs'),
      messages: [{ data: 'order 3', key: 'g' }],
    })
  })

  it('is answered with every failed record', () => {
    expect(sqsReceiver.settle(new Set(['a', 'b']))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    })
  })
})

describe('a record in a FIFO queue', () => {
  const fieldsOf = (key: string | undefined, ...messages: readonly Parameters<typeof messageOf>[0][]) =>
    fifoFieldsOf({ key, messages: messages.map(messageOf), body: '', bytes: 0 })

  it('is in the group of its key, or of the hash of a key that SQS does not accept', () => {
    expect(fieldsOf('k', {}).MessageGroupId).toBe('k')
    for (const key of ['', 'two words', 'ü', 'x'.repeat(129)]) {
      expect(fieldsOf(key, {}).MessageGroupId).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  it('is in its own group without a key, so no other record waits for it', () => {
    expect(fieldsOf(undefined, { ordinal: 1 }).MessageGroupId).not.toBe(
      fieldsOf(undefined, { ordinal: 2 }).MessageGroupId,
    )
  })

  it('has the same deduplication id when it is sent twice, and another for a new attempt', () => {
    expect(fieldsOf('k', {}, { ordinal: 1 })).toEqual(fieldsOf('k', {}, { ordinal: 1 }))
    expect(fieldsOf('k', { attempt: 2 }).MessageDeduplicationId).not.toBe(fieldsOf('k', {}).MessageDeduplicationId)
  })
})
