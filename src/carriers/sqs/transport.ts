import { hash } from 'node:crypto'
import type { AwsClient } from '../../aws/client.ts'
import { queueIn, SQS_MOST, sendMessages } from '../../aws/queue.ts'
import { senderOf } from '../../aws/sender.ts'
import { BROKEN, brokenDelivery, decodeText, recordsIn } from '../../runtime/codec.ts'
import { keyIn } from '../../runtime/event.ts'
import { idOf } from '../../runtime/message.ts'
import { fieldsOf } from '../../runtime/text.ts'
import type { Delivery, Receiver, WireLimits, WireRecord, WireTransport } from '../../runtime/transport.ts'

/** What an SQS queue takes. */
export const SQS_LIMITS: WireLimits = { ...SQS_MOST, orderedByKey: false }

/** What a FIFO queue takes. */
export const SQS_FIFO_LIMITS: WireLimits = { ...SQS_LIMITS, orderedByKey: true }

/** Sends records to SQS queues by SendMessageBatch. An address is a queue's ARN; `fifo` says that all are FIFO queues. */
export function createSqsTransport(client: AwsClient, { fifo }: { readonly fifo: boolean }): WireTransport {
  return {
    name: 'sqs',
    limits: fifo ? SQS_FIFO_LIMITS : SQS_LIMITS,
    open: (address) =>
      senderOf((batch, withinMs) => {
        const entries = batch.map((record) => ({
          MessageBody: record.body,
          ...(fifo ? fifoFieldsOf(record) : delayFieldOf(record)),
        }))
        return sendMessages(client, address, entries, withinMs)
      }),
  }
}

/** Whole seconds, rather too many than that it comes too early. */
function delayFieldOf({ delayMs = 0 }: WireRecord): { DelaySeconds?: number } {
  return delayMs > 0 ? { DelaySeconds: Math.min(MOST_DELAY_SECONDS, Math.ceil(delayMs / 1000)) } : {}
}

/** Source: AWS API reference, SendMessageBatchRequestEntry, DelaySeconds, read 2026-11-21; FIFO queues take none. */
const MOST_DELAY_SECONDS = 900

/**
 * The group and the deduplication id of a record. Messages of one key are one group, others each their own, since nothing
 * orders them. A record that is sent twice, as after an answer that was lost, is one to the queue for five minutes; one
 * whose messages are tried anew is another, since their attempts differ.
 */
export function fifoFieldsOf({ key, messages }: WireRecord): {
  MessageGroupId: string
  MessageDeduplicationId: string
} {
  const ids = messages.map((message) => [idOf(message), message.attempt])
  return {
    MessageGroupId: key === undefined ? hashOf(ids[0]) : GROUP.test(key) ? key : hashOf(key),
    MessageDeduplicationId: hashOf(ids),
  }
}

/** Source: AWS API reference, SendMessageBatchRequestEntry, MessageGroupId, read 2026-11-21. */
const GROUP = /^[!-~]{1,128}$/

function hashOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'hex')
}

/** A record as Lambda hands it to a function that reads a queue. Source: Lambda developer guide, "with-sqs", read 2026-11-21. */
interface SqsRecord {
  readonly messageId: string
  readonly body: string
  readonly attributes?: { readonly MessageGroupId?: unknown } | null
  readonly eventSourceARN: string
}

/**
 * Reads what Lambda hands over from a queue, and answers it: bare data in a FIFO queue has its group as its key. Only the
 * failed records come again, each by itself, so those behind one in its group have to be failed with it by who handles
 * them. Source: Lambda developer guide, "services-sqs-errorhandling", read 2026-11-21.
 */
export const sqsReceiver: Receiver = {
  redeliversAtOnce: false,
  decode: (payload, to) =>
    recordsIn(payload).map((record) => (isSqsRecord(record) ? deliveryOf(record, to) : brokenDelivery(record, to))),
  settle: (failed) => ({ batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }),
}

function isSqsRecord(record: unknown): record is SqsRecord {
  const { messageId, body, eventSourceARN, eventSource } = fieldsOf(record) ?? {}
  return (
    [messageId, body, eventSourceARN].every((text) => typeof text === 'string') &&
    messageId !== BROKEN &&
    (eventSource === undefined || eventSource === 'aws:sqs')
  )
}

function deliveryOf({ messageId, body, attributes, eventSourceARN }: SqsRecord, to: string): Delivery {
  const position = `${queueIn(eventSourceARN)}/${messageId}`
  const isFifo = eventSourceARN.endsWith('.fifo')
  const key = isFifo ? keyIn(attributes?.MessageGroupId) : undefined
  return { record: messageId, position, messages: decodeText(body, { position, key, to }) }
}
