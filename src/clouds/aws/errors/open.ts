import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { placeOfArn, queueName, type Scope, tableName } from '../../../aws/names.ts'
import { gather } from '../../../aws/sdk.ts'
import { AttakError, type Problem } from '../../../errors.ts'
import type { Graph } from '../../../graph/graph.ts'
import { CRASHES_PART, ERRORS_PART } from '../../../graph/names.ts'
import { joinReaders } from '../../../runtime/error-reader.ts'
import type { ErrorRecord } from '../../../runtime/error-record.ts'
import { parseRecord } from '../../../runtime/parse-record.ts'
import type { ErrorReader } from '../../../runtime/store.ts'
import { errorObjectsPrefix } from '../../../stores/s3/resources.ts'
import { queueReader, type Read } from '../../../stores/sqs/reader.ts'
import { validTime } from '../answers.ts'
import { isAbsent, mended } from '../failure.ts'
import type { Account } from '../kind.ts'
import { messagesIn, readBack } from '../read-back.ts'
import { type Crash, readCrash, suspectsOf } from './crash.ts'

/** The arguments for reading the errors of a stage. */
export interface ErrorsOptions {
  readonly graph: Graph
  /** Whether there is a queue of crashes for FIFO queues. */
  readonly fifo: boolean
  /** Returns a record as it was seen before; undefined for one that was not. */
  readonly known: (id: string) => ErrorRecord | undefined
}

/**
 * Opens all failures of a stage: those in its store, and those that the platform gave up. Its methods throw
 * NOT_DEPLOYED if the store does not exist, PERMISSION_MISSING with the action, and other refusals of AWS.
 */
export async function openErrors(
  account: Pick<Account, 'clients' | 'place' | 'scope'>,
  { graph, fifo, known }: ErrorsOptions,
): Promise<ErrorReader> {
  const { scope, place } = account
  const told = (what: string, reader: ErrorReader) => telling({ what, reader, scope, region: place.region })
  const crashes = (isFifo: boolean) =>
    told('the queue of crashes', crashesReader({ account, graph, fifo: isFifo, known }))
  return joinReaders([await storeReader(account, graph, told), crashes(false), ...(fifo ? [crashes(true)] : [])])
}

async function storeReader(
  account: Pick<Account, 'clients' | 'place' | 'scope'>,
  { errors }: Graph,
  told: (what: string, reader: ErrorReader) => ErrorReader,
): Promise<ErrorReader> {
  const { scope, place, clients } = account
  if (errors.store === 'dynamodb') {
    const name = tableName(scope, ERRORS_PART)
    const { tableReader } = await import('../../../stores/dynamodb/reader.ts')
    return told(`the errors table ${name}`, tableReader(await clients.dynamodb(), name))
  }
  if (errors.store === 's3') {
    const where = { bucket: errors.bucket, prefix: errorObjectsPrefix(scope, errors) }
    const { bucketReader } = await import('../../../stores/s3/reader.ts')
    return told(`the bucket ${errors.bucket}`, bucketReader(await clients.s3(), where))
  }
  const own = queueName(scope, ERRORS_PART, { fifo: false })
  const name = errors.queue === undefined ? own : errors.queue.slice(errors.queue.lastIndexOf(':') + 1)
  const { region = place.region, account: owner } = placeOfArn(errors.queue ?? '') ?? {}
  if (region !== place.region) throw elsewhere(errors.queue!, place.region)
  const parts = { sqs: clients.messages, name, ...(owner !== undefined && owner !== place.account && { owner }) }
  return told(`the errors queue ${name}`, queueReader({ ...parts, read: recordsOf(scope, name) }))
}

/** In a queue of the user's own there may be records of other topologies, which are theirs. */
function recordsOf({ topology, stage }: Scope, queue: string) {
  return ({ MessageId, Body }: SqsMessage): Read => {
    const parsed = parseRecord(Body ?? '', `queue ${queue}, message ${MessageId}`)
    if (parsed.kind === 'problem') return parsed.problem
    const { record } = parsed
    return record.topology === topology && record.stage === stage ? record : undefined
  }
}

interface Told {
  /** `the errors queue orders--dev--_errors` */
  readonly what: string
  readonly reader: ErrorReader
  readonly scope: Scope
  readonly region: string
}

/** Wraps a reader so that its failures have a remedy. */
function telling({ what, reader, scope, region }: Told): ErrorReader {
  const tell = async <Given>(doing: string, work: () => Given): Promise<Awaited<Given>> => {
    try {
      return await work()
    } catch (error) {
      if (isAbsent(error)) throw absent(what, scope, error)
      throw mended(error, { doing: `${doing} ${what}`, region })
    }
  }
  return {
    list: () => tell('read', () => reader.list()),
    remove: (records, unreadable) => tell('remove from', () => reader.remove(records, unreadable)),
  }
}

function absent(what: string, { topology, stage }: Scope, cause: unknown): AttakError {
  const place = `${topology} (${stage})`
  if (what.startsWith('the bucket')) {
    const remedy = 'Create it, or name another one in errors, and deploy again.'
    return new AttakError('NOT_DEPLOYED', `${what} of ${place} does not exist`, remedy, { cause })
  }
  const remedy = 'Deploy it first: attak deploy. If it was just deployed, look at attak status.'
  return new AttakError('NOT_DEPLOYED', `${place} is not deployed here: ${what} does not exist`, remedy, { cause })
}

function elsewhere(queue: string, region: string): AttakError {
  const what = `the errors queue ${queue} is not in region "${region}", where the topology is`
  return new AttakError('AWS_REFUSED', what, 'Read it with the tools of AWS, or name a queue in that region.')
}

/** The arguments of the reader of crashes. */
export interface CrashesParts {
  readonly account: Pick<Account, 'clients' | 'place'>
  readonly graph: Graph
  readonly fifo: boolean
  /** A record as it was seen before, with events that its stream may no longer have. */
  readonly known: (id: string) => ErrorRecord | undefined
}

/**
 * Reads what the platform gave up, as error records of kind `crash`. Lambda reports only the position of events in a
 * stream, so they are read back from the stream while it keeps them.
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
  return { id: MessageId, body: Body, sentMs: validTime(Number(SentTimestamp)), where, ...(sourceArn && { sourceArn }) }
}
