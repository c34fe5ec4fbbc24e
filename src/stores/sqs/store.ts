import { queueArn, queueName } from '../../aws/names.ts'
import { SQS_MOST, sendMessages } from '../../aws/queue.ts'
import type { StoreParts } from '../../aws/store-parts.ts'
import { ERRORS_PART } from '../../graph/names.ts'
import type { ErrorWriter } from '../../runtime/store.ts'

/**
 * Stores error records in the topology's errors queue, or in the queue that `errors` names: one message each, whose
 * body is the record. A record that is put twice is two messages; readers merge them by their id.
 */
export function createSqsStore({ client, place, errors, ...scope }: StoreParts<'sqs'>): ErrorWriter {
  const arn = errors.queue ?? queueArn(place, queueName(scope, ERRORS_PART, { fifo: false }))
  const { messageBytes: recordBytes, batchRecords, batchBytes } = SQS_MOST
  return {
    name: 'sqs',
    place: `the queue ${arn}`,
    action: 'sqs:SendMessage',
    limits: { recordBytes, batchRecords, batchBytes },
    put(batch, withinMs) {
      const entries = batch.map(({ text }) => ({ MessageBody: text }))
      return sendMessages(client, arn, entries, withinMs)
    },
  }
}
