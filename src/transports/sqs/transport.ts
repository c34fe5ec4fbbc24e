import { hash } from 'node:crypto'
import type { AwsClient } from '../../aws/client.ts'
import { isPassing } from '../../aws/failure.ts'
import { placeOfArn } from '../../aws/names.ts'
import { refuseAll, senderOf } from '../../aws/sender.ts'
import { decodeText } from '../../runtime/codec.ts'
import { idOf } from '../../runtime/message.ts'
import type { Delivery, Receiver, Refusal, WireLimits, WireRecord, WireTransport } from '../../runtime/transport.ts'

/**
 * What an SQS queue takes: messages of 1 MiB, and calls of 10 of them with 1 MiB together. Source: AWS API reference,
 * SendMessageBatch, and the model of @aws-sdk/client-sqs 3.1169.0, read 2026-11-21; older pages say 256 KiB.
 */
export const SQS_LIMITS: WireLimits = {
  messageBytes: 1024 * 1024,
  orderedByKey: false,
  batchRecords: 10,
  batchBytes: 1024 * 1024,
}

/** What a FIFO queue takes. */
export const SQS_FIFO_LIMITS: WireLimits = { ...SQS_LIMITS, orderedByKey: true }

/** Sends records to SQS queues by SendMessageBatch. An address is a queue's ARN; `fifo` says that all are FIFO queues. */
export function createSqsTransport(client: AwsClient, { fifo }: { readonly fifo: boolean }): WireTransport {
  return {
    name: 'sqs',
    limits: fifo ? SQS_FIFO_LIMITS : SQS_LIMITS,
    open: (address) =>
      senderOf((batch, withinMs) => {
        const entries = batch.map((record, index) => ({
          Id: `${index}`,
          MessageBody: record.body,
          ...(fifo ? fifoFieldsOf(record) : {}),
        }))
        return sendMessages(client, address, { batch, entries, withinMs })
      }),
  }
}

interface Send {
  readonly batch: readonly WireRecord[]
  readonly entries: readonly object[]
  readonly withinMs: number | undefined
}

async function sendMessages(client: AwsClient, arn: string, said: Send): Promise<readonly Refusal[]> {
  const { batch, entries, withinMs } = said
  const { region = '', account = '' } = placeOfArn(arn) ?? {}
  const url = `${client.endpoint('sqs', region)}/${account}/${queueIn(arn)}`
  const result = await client.call({
    service: 'sqs',
    region,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessageBatch' },
    body: JSON.stringify({ QueueUrl: url, Entries: entries }),
    withinMs,
  })
  if (!result.ok) return refuseAll(batch, result)
  const { Successful = [], Failed = [] } = result.value as SendMessageBatchAnswer
  const accepted = new Set(Successful.map(({ Id }) => Id))
  const failures = new Map(Failed.map((failure) => [failure.Id, failure]))
  return batch.flatMap((_, index) => {
    const failure = failures.get(`${index}`)
    if (failure !== undefined) return [refusalOf(failure, index)]
    return accepted.has(`${index}`) ? [] : [{ index, passing: true, why: 'NoAnswer' }]
  })
}

/** Each entry of a call is in one of the two. */
interface SendMessageBatchAnswer {
  readonly Successful?: readonly { readonly Id: string }[]
  readonly Failed?: readonly FailedEntry[]
}

interface FailedEntry {
  readonly Id: string
  readonly Code: string
  readonly Message?: string
  readonly SenderFault: boolean
}

function refusalOf({ Code, Message = '', SenderFault }: FailedEntry, index: number): Refusal {
  return { index, passing: !SenderFault || isPassing(Code), why: `${Code}: ${Message}` }
}

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

/** What Lambda hands a function that reads a queue. Source: Lambda developer guide, "with-sqs", read 2026-11-21. */
interface SqsPayload {
  readonly Records: readonly {
    readonly messageId: string
    readonly body: string
    readonly attributes?: { readonly MessageGroupId?: string }
    readonly eventSourceARN: string
  }[]
}

/**
 * Reads what Lambda hands over from a queue, and answers it: bare data in a FIFO queue has its group as its key. Only the
 * failed records come again, each by itself, so those behind one in its group have to be failed with it by who handles
 * them. Source: Lambda developer guide, "services-sqs-errorhandling", read 2026-11-21.
 */
export const sqsReceiver: Receiver = {
  decode: (payload, to) => (payload as SqsPayload).Records.map((record) => deliveryOf(record, to)),
  settle: (failed) => ({ batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }),
}

function deliveryOf(
  { messageId, body, attributes, eventSourceARN }: SqsPayload['Records'][number],
  to: string,
): Delivery {
  const position = `${queueIn(eventSourceARN)}/${messageId}`
  const isFifo = eventSourceARN.endsWith('.fifo')
  const key = isFifo ? attributes?.MessageGroupId : undefined
  return { record: messageId, position, messages: decodeText(body, { position, key, to }) }
}

function queueIn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1)
}
