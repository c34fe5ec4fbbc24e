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
  /** Whether all that is in it may be removed, also what cannot be read: it may not in a queue that others put records into. */
  readonly isOwn?: boolean
}

/** The error records in an SQS queue, each read by `read`. Looking holds them for a moment, and gives them back. */
export function queueShelf({ sqs, name, owner, read, isOwn = false }: QueueParts): Shelf {
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
