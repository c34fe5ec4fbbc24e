import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { queueName } from '../../../aws/names.ts'
import { gather } from '../../../aws/sdk.ts'
import type { Problem } from '../../../errors.ts'
import type { Graph } from '../../../graph/graph.ts'
import { CRASHES_PART } from '../../../graph/names.ts'
import type { ErrorReader } from '../../../runtime/error-reader.ts'
import type { ErrorRecord } from '../../../runtime/error-record.ts'
import { queueReader } from '../../../stores/sqs/reader.ts'
import type { Account } from '../kind.ts'
import { messagesIn, readBack } from '../read-back.ts'
import { type Crash, readCrash, suspectsOf } from './crash.ts'

/** What the reader of crashes works with. */
export interface CrashesParts {
  readonly account: Pick<Account, 'clients' | 'place'>
  readonly graph: Graph
  readonly fifo: boolean
  /** A record as it was seen before, with events that its stream may no longer have. */
  readonly known: (id: string) => ErrorRecord | undefined
}

/**
 * What the platform gave up, as error records of kind `crash`. The events of a stream, which Lambda tells only the place of,
 * are read back from it, while it keeps them.
 */
export function crashesReader({ account, graph, fifo, known }: CrashesParts): ErrorReader {
  const { clients, place } = account
  const name = queueName({ topology: graph.name, stage: graph.stage }, CRASHES_PART, { fifo })
  const ranges = new Map<string, Crash['range']>()
  const read = (message: SqsMessage): ErrorRecord | Problem => {
    const crash = readCrash(crashIn(message, name), { graph, place })
    if (!('record' in crash)) return crash
    ranges.set(crash.record.id, crash.range)
    return crash.record
  }
  const reader = queueReader({ sqs: clients.messages, name, read, isOwn: true })
  const complete = async (record: ErrorRecord): Promise<ErrorRecord> => {
    const range = ranges.get(record.id)
    if (range === undefined) return record
    const before = known(record.id)?.suspects
    if (before !== undefined && before.length > 0) return { ...record, suspects: before }
    const kept = (await readBack(account, { graph, processor: record.processor }, range)) ?? []
    const messages = kept.flatMap((one) => messagesIn(one, record.processor))
    const suspects = suspectsOf(messages, record, graph)
    const gone = range.count - kept.length
    if (gone <= 0) return { ...record, suspects }
    const what = kept.length === 0 ? 'they are' : `${gone} of them are`
    const error = { ...record.error, message: `${record.error.message}; ${what} no longer in the stream` }
    return { ...record, error, withoutData: true, suspects }
  }
  return {
    ...reader,
    async list() {
      const kept = await reader.list()
      return { ...kept, records: await gather(kept.records, complete) }
    },
  }
}

function crashIn({ MessageId = '', Body = '', Attributes = {} }: SqsMessage, queue: string) {
  const { SentTimestamp = '0', DeadLetterQueueSourceArn: sourceArn } = Attributes
  const where = `queue ${queue}, message ${MessageId}`
  return { id: MessageId, body: Body, sentMs: Number(SentTimestamp), where, ...(sourceArn && { sourceArn }) }
}
