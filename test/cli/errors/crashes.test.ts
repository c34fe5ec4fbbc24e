import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { replayErrors } from '../../../src/cli/commands/errors/replay.ts'
import { invokeCrashOf, streamCrashOf } from '../../contract/crash.ts'
import { at } from '../../contract/position.ts'
import { type Answers, startFakeAws } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { failed, ORDERS, worldOf } from './world.ts'

const ACCOUNT = '123456789012'
const arnOf = (service: string, name: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${name}`
const FUNCTION = arnOf('lambda', 'function:orders--dev--b')
const FOREIGN = {
  requestContext: { functionArn: FUNCTION },
  KinesisBatchInfo: {
    ...{ shardId: 'shardId-000000000000', startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 },
    streamArn: arnOf('kinesis', 'stream/payroll-of-others'),
  },
}
const OWN = streamCrashOf({
  functionArn: FUNCTION,
  streamArn: arnOf('kinesis', 'stream/orders--dev--b'),
  startSequenceNumber: '1',
})
const INVOKED = { ...invokeCrashOf(FUNCTION), requestPayload: { order: 7 } }
const SECRET = 'the wages of others'

/** What the queue of crashes holds: a body each, and where the message comes from. */
type Held = readonly (readonly [body: object, source?: string | undefined])[]

/** A stage whose queue of crashes holds messages, each of its streams one record. */
async function stageOf(held: Held, more: Answers = {}) {
  const md5Of = (text: string) => createHash('md5').update(text).digest('hex')
  let left = held.map(([body, source], index) => ({
    MD5OfBody: md5Of(JSON.stringify(body)),
    ...{ MessageId: `${index}`, ReceiptHandle: `${index}`, Body: JSON.stringify(body) },
    Attributes: { SentTimestamp: '1795960800000', ...(source && { DeadLetterQueueSourceArn: arnOf('sqs', source) }) },
  }))
  const aws = await startFakeAws({
    GetQueueUrl: ({ body }) => ({
      QueueUrl: `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/${JSON.parse(body).QueueName}`,
    }),
    GetQueueAttributes: ({ body }) => ({
      Attributes: { ApproximateNumberOfMessages: body.includes('_crashes') ? `${left.length}` : '0' },
    }),
    ReceiveMessage: ({ body }) => {
      const { QueueUrl, MessageSystemAttributeNames = [] } = JSON.parse(body)
      if (!QueueUrl.endsWith('_crashes')) return {}
      const asksForSource = ['All', 'DeadLetterQueueSourceArn'].some((name) =>
        MessageSystemAttributeNames.includes(name),
      )
      return { Messages: asksForSource ? left : left.map(({ Attributes, ...message }) => message) }
    },
    ChangeMessageVisibilityBatch: {},
    DeleteMessageBatch: ({ body }) => {
      const gone = JSON.parse(body).Entries.map(({ ReceiptHandle }: { ReceiptHandle: string }) => ReceiptHandle)
      left = left.filter(({ ReceiptHandle }) => !gone.includes(ReceiptHandle))
      return {}
    },
    GetShardIterator: { ShardIterator: 'at' },
    GetRecords: {
      Records: [
        { SequenceNumber: '1', PartitionKey: 'k', Data: Buffer.from(JSON.stringify(SECRET)).toString('base64') },
      ],
      MillisBehindLatest: 0,
    },
    ...more,
  })
  const folder = folderOf(ORDERS as Parameters<typeof folderOf>[0])
  return {
    bodies: () => left.map(({ Body }) => JSON.parse(Body)),
    /** The streams that were read. */
    read: () => streamsRead(aws.calls),
    run: (...argv: string[]) => attak(folder, ['errors', ...argv], { env: aws.env }),
  }
}

function streamsRead(calls: readonly { readonly action: string; readonly body: string }[]): readonly string[] {
  return calls.filter(({ action }) => action === 'GetShardIterator').map(({ body }) => JSON.parse(body).StreamARN)
}

test.each([
  ['is in the queue of crashes itself', undefined],
  ['was given up by a retry queue', 'orders--dev--_retry-b'],
  ['was given up by the queue of a channel', 'orders--dev--b'],
])('no command reads a foreign stream that a report names, if the report %s', async (_, source) => {
  const { run, read } = await stageOf([[FOREIGN, source]])
  for (const argv of [
    ['list', '--json'],
    ['replay', '--all', '--local'],
    ['replay', '--all', '--dry-run'],
  ]) {
    const { out, err } = await run(...argv)
    expect(out).not.toContain(SECRET)
    expect(err).not.toMatch(/AWS_|bug of attak/)
  }
  expect(read()).toEqual([])
})

test('an unreadable message is reported, does not hide others, and only it is removed by purge --unreadable', async () => {
  const batch = OWN.KinesisBatchInfo
  const broken = [
    { ...OWN, KinesisBatchInfo: 'x' },
    { ...OWN, KinesisBatchInfo: { ...batch, streamArn: undefined } },
    { ...OWN, KinesisBatchInfo: { ...batch, startSequenceNumber: 'abc' } },
    { ...OWN, KinesisBatchInfo: { ...batch, startSequenceNumber: 1.5 } },
    { ...OWN, timestamp: 'never' },
    FOREIGN,
  ]
  const { run, bodies, read } = await stageOf([[INVOKED], ...broken.map((body) => [body] as const), [OWN]])
  const listed = await run('list', '--json')
  expect(listed.code).toBe(0)
  expect(JSON.parse(listed.out)).toHaveLength(2)
  expect(listed.err).toContain('[RECORD_UNREADABLE]')
  expect(read().every((arn) => arn.endsWith('/orders--dev--b'))).toBe(true)
  const asked = await run('purge', '--unreadable')
  expect(asked.err).toContain('Remove 6 messages that cannot be read of orders (dev)')
  expect(bodies()).toHaveLength(8)
  const { code, out } = await run('purge', '--unreadable', '--yes')
  expect([code, out]).toEqual([0, expect.stringContaining('✓ 6 messages of orders (dev)')])
  expect(bodies()).toEqual([INVOKED, OWN])
  expect((await run('purge', '--unreadable', '--yes')).err).toContain('There are no errors of')
  expect((await run('list')).err).toBe('')
})

test.each([
  'payroll-of-others/shard/1',
  'orders--dev--a/shard/1',
  'orders--prod--b/shard/1',
  'orders--dev--b/shard/abc',
])('a replay reads no stream for a record whose position is %s', async (position) => {
  const { message, ...record } = failed(1, { withoutData: true, position: at(position) })
  const { data, ...event } = message!
  const { run, aws } = await worldOf([{ ...record, message: event }])
  for (const options of [{ local: true }, { yes: true }]) {
    await expect(run(replayErrors, [], { all: true, ...options })).rejects.toMatchObject({ code: 'EVENT_GONE' })
  }
  expect(streamsRead(aws.calls)).toEqual([])
})
