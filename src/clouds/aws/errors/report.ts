import { functionName, type Place, streamArn, streamName } from '../../../aws/names.ts'
import { shardPlaceOf } from '../../../carriers/kinesis/place.ts'
import type { Graph, GraphChannel } from '../../../graph/graph.ts'
import { fieldsOf, jsonIn } from '../../../runtime/text.ts'
import { MOST_RECORDS, type RecordRange, receivedFrom } from '../read-back.ts'

/** Where reports are read: a stage, with its account and region. */
export interface ReportStage {
  readonly graph: Graph
  readonly place: Place
}

/** Lambda's report of an invocation, or of records, that a function did not complete. */
export interface Report {
  /** For a function that is no longer in the topology: the part of its name after topology and stage. */
  readonly processor: string
  /** A UUID. */
  readonly requestId: string | undefined
  /** RFC 3339, UTC. */
  readonly time: string | undefined
  /** `RetryAttemptsExhausted`, `RecordAgeExceeded`; of invocations `RetriesExhausted`, `EventAgeExceeded`. */
  readonly condition: string | undefined
  readonly functionError: string | undefined
  readonly invocations: number | undefined
  /** For records of a stream: where they are, and how many the function received. */
  readonly batch?: RecordRange & { readonly count: number }
  /** For an invocation: the function's input, and its answer. */
  readonly given: unknown
  readonly answered: unknown
}

/**
 * Parses what Lambda sends to a failure destination. Returns undefined for a text that is no report. Returns what is
 * wrong with a report that Lambda cannot have written about this stage: each field is checked. Sources: Lambda
 * developer guide, "kinesis-on-failure-destination" and "invocation-async-retain-records", read 2026-11-21.
 */
export function readReport(text: string, stage: ReportStage): Report | { readonly wrong: string } | undefined {
  const fields = fieldsOf(jsonIn(text))
  const context = fieldsOf(fields?.requestContext)
  if (fields === undefined || context?.functionArn === undefined) return undefined
  const { requestId, functionArn, condition, approximateInvokeCount: invocations } = context
  const { functionError } = fieldsOf(fields.responseContext) ?? {}
  const { timestamp, KinesisBatchInfo, requestPayload: given, responsePayload: answered } = fields
  const processor = processorOf(functionArn, stage)
  if (processor === undefined) return { wrong: 'its functionArn names no function of this stage' }
  if (!isAbsentOr(isTime, timestamp)) return { wrong: 'its timestamp is not a date' }
  if (!isAbsentOr(isUuid, requestId)) return { wrong: 'its requestId is not a UUID' }
  if (!isAbsentOr(isCount, invocations)) return { wrong: 'its approximateInvokeCount is not a count' }
  if (!isAbsentOr(isText, condition)) return { wrong: 'its condition is not a text' }
  if (!isAbsentOr(isText, functionError)) return { wrong: 'its functionError is not a text' }
  const time = timestamp === undefined ? undefined : new Date(timestamp).toISOString()
  const report = { processor, requestId, time, condition, functionError, invocations, given, answered }
  if (KinesisBatchInfo === undefined) return report
  const batch = batchIn(KinesisBatchInfo, processor, stage)
  return 'wrong' in batch ? batch : { ...report, batch }
}

function batchIn(
  info: unknown,
  processor: string,
  { graph, place }: ReportStage,
): NonNullable<Report['batch']> | { readonly wrong: string } {
  const { shardId, startSequenceNumber, endSequenceNumber, batchSize = 1, streamArn: arn } = fieldsOf(info) ?? {}
  const nameOf = ({ name }: GraphChannel) => streamName({ topology: graph.name, stage: graph.stage }, name)
  const channel = receivedFrom(graph, processor).find((one) => streamArn(place, nameOf(one)) === arn)
  if (channel === undefined) return { wrong: `its streamArn names no stream that "${processor}" receives from` }
  const stream = nameOf(channel)
  const placeOf = (sequence: unknown) =>
    isText(shardId) && isText(sequence) ? shardPlaceOf({ channel: stream, ref: `${shardId}/${sequence}` }) : undefined
  const [first, last] = [placeOf(startSequenceNumber), placeOf(endSequenceNumber)]
  if (first === undefined || last === undefined) return { wrong: 'its shardId or a sequence number is not valid' }
  if (!isCount(batchSize) || batchSize > MOST_RECORDS) return { wrong: 'its batchSize is not a count of records' }
  // Records that filters leave out are in the range, and may not be in the count.
  const most = channel.settings.filters === undefined ? batchSize : MOST_RECORDS
  return { stream, shard: first.shard, first: first.sequence, last: last.sequence, most, count: batchSize }
}

const FUNCTION_ARN = /^arn:([\w-]+):lambda:([\w-]+):(\d+):function:([\w-]{1,64})(?::[\w$-]{1,128})?$/

function processorOf(arn: unknown, { graph, place }: ReportStage): string | undefined {
  const [, partition, region, account, name = ''] = (isText(arn) ? FUNCTION_ARN.exec(arn) : undefined) ?? []
  if (partition !== place.partition || region !== place.region || account !== place.account) return undefined
  const scope = { topology: graph.name, stage: graph.stage }
  const known = graph.processors.find((processor) => functionName(scope, processor.name) === name)
  if (known !== undefined) return known.name
  const prefix = `${graph.name}--${graph.stage}--`
  return name.startsWith(prefix) && name !== prefix ? name.slice(prefix.length) : undefined
}

function isAbsentOr<Is>(is: (value: unknown) => value is Is, value: unknown): value is Is | undefined {
  return value === undefined || is(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isUuid(value: unknown): value is string {
  return isText(value) && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)
}

function isTime(value: unknown): value is string {
  return (
    isText(value) && /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
  )
}
