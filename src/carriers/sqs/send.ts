import { hash } from 'node:crypto'
import type { AwsWorld } from '../../aws/carrier.ts'
import type { AwsClient } from '../../aws/client.ts'
import { queueArn, queueName } from '../../aws/names.ts'
import { sendMessages } from '../../aws/queue.ts'
import { senderOf } from '../../aws/sender.ts'
import type { CarriedChannel, Sender, WireRecord } from '../../runtime/carrier.ts'
import { idOf } from '../../runtime/message.ts'

/** Opens the way to the SQS queue of a channel. */
export function sqsSender({ client, place, scope }: AwsWorld, { name, fifo }: CarriedChannel): Sender<WireRecord> {
  return senderToQueue(client, queueArn(place, queueName(scope, name, { fifo })), { fifo })
}

/** Sends records to an SQS queue by SendMessageBatch. */
export function senderToQueue(
  client: AwsClient,
  arn: string,
  { fifo }: { readonly fifo: boolean },
): Sender<WireRecord> {
  return senderOf((batch, withinMs) => {
    const entries = batch.map((record) => ({
      MessageBody: record.body,
      ...(fifo ? fifoFieldsOf(record) : delayFieldOf(record)),
    }))
    return sendMessages(client, arn, entries, withinMs)
  })
}

/** Whole seconds, rather too many than that it comes too early. */
function delayFieldOf({ delayMs = 0 }: WireRecord): { DelaySeconds?: number } {
  return delayMs > 0 ? { DelaySeconds: Math.min(MOST_DELAY_SECONDS, Math.ceil(delayMs / 1000)) } : {}
}

/** Source: AWS API reference, SendMessageBatchRequestEntry, DelaySeconds, read 2026-11-21; FIFO queues take none. */
const MOST_DELAY_SECONDS = 900

/**
 * Returns the group and the deduplication id of a record. Messages with one key are one group; each other message is a
 * separate group, because it has no order. For five minutes, the queue treats a record that is sent twice, as after a
 * lost answer, as one. A record of retried messages is a different one, because their attempts differ.
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
