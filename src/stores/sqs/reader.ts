import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { gather } from '../../aws/sdk.ts'
import { AttakError, type Problem } from '../../errors.ts'
import { countedOf, latestOf, removableOf } from '../../runtime/error-reader.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import type { ErrorReader } from '../../runtime/store.ts'

/**
 * A parsed message of a queue: a record, something unreadable, or undefined for a message that does not belong here.
 */
export type Read = ErrorRecord | Problem | undefined

/** A queue of error records. */
export interface QueueParts {
  readonly sqs: SQSClient
  readonly name: string
  /** Whose it is, where it is another account's. */
  readonly owner?: string
  readonly read: (message: Message) => Read
  /** Whether all that is in it may be removed, also what cannot be read: it may not in a queue that others put records into. */
  readonly isOwn?: boolean
}

/** The error records in an SQS queue, each read by `read`. Looking holds them for a moment, and gives them back. */
export function queueReader({ sqs, name, owner, read, isOwn = false }: QueueParts): ErrorReader {
  let address: Promise<string> | undefined
  const open = () => {
    const command = new GetQueueUrlCommand({ QueueName: name, ...(owner && { QueueOwnerAWSAccountId: owner }) })
    address ??= sqs.send(command).then(({ QueueUrl }) => QueueUrl ?? '')
    return address
  }
  return {
    async list() {
      const { messages, reported } = await lookThrough(sqs, await open())
      const all = messages.map(read)
      return {
        records: latestOf(all.filter(isRecord)),
        problems: countedOf(all.filter(isProblem)),
        ...(isOwn && {
          unreadable: messages.flatMap(({ MessageId = '' }, index) => (isProblem(all[index]) ? [MessageId] : [])),
        }),
        notes:
          messages.length === reported
            ? []
            : [`The queue ${name} reports about ${reported} messages; ${messages.length} could be received.`],
      }
    },
    async remove(records, unreadable = []) {
      const isRemovable = removableOf(records)
      const going = new Set(isOwn ? unreadable : [])
      const removed = new Set<string>()
      await lookThrough(sqs, await open(), (message) => {
        const { MessageId = '' } = message
        const record = read(message)
        if (isProblem(record) && going.has(MessageId)) {
          removed.add(MessageId)
          return true
        }
        if (!isRecord(record) || !isRemovable(record)) return false
        removed.add(record.id)
        return true
      })
      return removed
    },
  }
}

function isRecord(read: Read): read is ErrorRecord {
  return read !== undefined && 'attakerror' in read
}

function isProblem(read: Read): read is Problem {
  return read !== undefined && !('attakerror' in read)
}

/** The result of reading a queue. */
interface Looked {
  /** Each message once, as it was first received. */
  readonly messages: readonly Message[]
  /** The number of messages that the queue reports, with those that another reader holds now. */
  readonly reported: number
}

/** So long a message is held while the others are received; they are given back as soon as all were. */
const HELD_SECONDS = 120
/** The most messages that one call returns or accepts. Source: SQS API reference, ReceiveMessage, read 2026-11-21. */
const MOST_MESSAGES = 10
const MOST_CALLS = 8
/** A call that waits asks all of a queue's servers; one that does not asks some of them. Source: as above. */
const WAIT_SECONDS = 1
/** So many rounds without anything new end it, where the queue reports more than was seen; else the first one does. */
const DRY_ROUNDS = 3

/**
 * Looks through all of a queue: receives everything, holding it shortly, deletes what `isDone`, and gives the rest back at
 * once. A message that comes a second time meanwhile is looked at once.
 */
async function lookThrough(
  sqs: SQSClient,
  QueueUrl: string,
  isDone: (message: Message) => boolean = () => false,
): Promise<Looked> {
  const reported = await countOf(sqs, QueueUrl)
  const seen = new Map<string, Message>()
  const held = new Map<string, string>()
  const receive = () =>
    sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: MOST_MESSAGES,
        VisibilityTimeout: HELD_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
      }),
    )
  try {
    let dry = 0
    for (let calls = 1; dry < (seen.size >= reported ? 1 : DRY_ROUNDS); ) {
      const pages = await Promise.all(Array.from({ length: calls }, receive))
      const received = pages.flatMap(({ Messages = [] }) => Messages)
      const fresh = received.filter(({ MessageId = '' }) => !seen.has(MessageId))
      for (const message of fresh) seen.set(message.MessageId ?? '', message)
      for (const { MessageId = '', ReceiptHandle = '' } of received) held.set(MessageId, ReceiptHandle)
      const done = fresh.filter(isDone)
      await deleteAll(sqs, QueueUrl, done)
      for (const { MessageId = '' } of done) held.delete(MessageId)
      dry = fresh.length === 0 ? dry + 1 : 0
      calls = received.length === calls * MOST_MESSAGES ? Math.min(2 * calls, MOST_CALLS) : 1
    }
  } finally {
    await release(sqs, QueueUrl, [...held.values()])
  }
  return { messages: [...seen.values()], reported }
}

async function countOf(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }))
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0)
}

async function deleteAll(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  await gather(partsOf(messages), async (part) => {
    const Entries = part.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
    const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    const [first] = Failed
    if (first === undefined) return
    const what = `${Failed.length} messages of ${QueueUrl} could not be removed: ${first.Code}: ${first.Message ?? ''}`
    throw new AttakError('AWS_REFUSED', what, 'Run the same again.')
  })
}

/** What cannot be given back is there again when its time is up. */
async function release(sqs: SQSClient, QueueUrl: string, receipts: readonly string[]): Promise<void> {
  await gather(partsOf(receipts), async (part) => {
    const Entries = part.map((ReceiptHandle, index) => ({ Id: `${index}`, ReceiptHandle, VisibilityTimeout: 0 }))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))
  })
}

function partsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / MOST_MESSAGES) }, (_, part) =>
    items.slice(part * MOST_MESSAGES, (part + 1) * MOST_MESSAGES),
  )
}
