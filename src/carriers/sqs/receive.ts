import { queueName } from '../../aws/names.ts'
import { queueIn } from '../../aws/queue.ts'
import type { Delivery, Receiver } from '../../runtime/carrier.ts'
import { BROKEN, brokenDelivery, decodeText, recordsIn } from '../../runtime/codec.ts'
import { keyIn } from '../../runtime/event.ts'
import { fieldsOf } from '../../runtime/text.ts'

const SOURCE = 'aws:sqs'

/** A record as Lambda hands it to a function that reads a queue. Source: Lambda developer guide, "with-sqs", read 2026-11-21. */
interface SqsRecord {
  readonly messageId: string
  readonly body: string
  readonly attributes?: { readonly MessageGroupId?: unknown } | null
  readonly eventSourceARN: string
}

/**
 * Reads Lambda's payload from a queue, and answers it. Bare data in a FIFO queue has its group as its key. Only the
 * failed records are redelivered, each by itself. So if a record fails, the caller must also fail the later ones of its
 * group. Source: Lambda developer guide, "services-sqs-errorhandling", read 2026-11-21.
 */
export const sqsReceiver: Receiver = {
  eventSource: SOURCE,
  redeliversAtOnce: false,
  channelOf: (scope, { name, fifo }) => queueName(scope, name, { fifo }),
  decode: (payload, to) =>
    recordsIn(payload).map((record) => (isSqsRecord(record) ? deliveryOf(record, to) : brokenDelivery(record, to))),
  // A queue deletes handled messages.
  isKept: () => false,
  settle: (failed) => ({ batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }),
}

function isSqsRecord(record: unknown): record is SqsRecord {
  const { messageId, body, eventSourceARN, eventSource } = fieldsOf(record) ?? {}
  return (
    [messageId, body, eventSourceARN].every((text) => typeof text === 'string') &&
    messageId !== BROKEN &&
    (eventSource === undefined || eventSource === SOURCE)
  )
}

function deliveryOf({ messageId, body, attributes, eventSourceARN }: SqsRecord, to: string): Delivery {
  const position = { carrier: 'sqs', channel: queueIn(eventSourceARN), ref: messageId }
  const isFifo = eventSourceARN.endsWith('.fifo')
  const key = isFifo ? keyIn(attributes?.MessageGroupId) : undefined
  return { record: messageId, position, messages: decodeText(body, { position, key, to }) }
}
