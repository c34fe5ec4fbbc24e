import { GetQueueUrlCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs'
import type { Problem } from '../../../errors.ts'
import type { ErrorRecord } from '../../../runtime/error-record.ts'
import { lookThrough } from './receive.ts'
import { countedOf, latestOf, removableOf, type Shelf } from './shelf.ts'

/** What a message of a queue is: a record, something that cannot be read, or nobody's business here. */
export type Read = ErrorRecord | Problem | undefined

/** A queue that is read as a shelf. */
export interface QueueParts {
  readonly sqs: SQSClient
  readonly name: string
  /** Whose it is, where it is another account's. */
  readonly owner?: string
  readonly read: (message: Message) => Read
}

/** The error records in an SQS queue, each read by `read`. Looking holds them for a moment, and gives them back. */
export function queueShelf({ sqs, name, owner, read }: QueueParts): Shelf {
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
        notes:
          messages.length === reported
            ? []
            : [`The queue ${name} reports about ${reported} messages; ${messages.length} could be received.`],
      }
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const removed = new Set<string>()
      await lookThrough(sqs, await open(), (message) => {
        const record = read(message)
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
