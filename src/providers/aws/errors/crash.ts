import { functionName, queueName, type Scope, streamName } from '../../../aws/names.ts'
import { hears } from '../../../bundle/entry/ears.ts'
import type { Problem } from '../../../errors.ts'
import type { Graph, GraphStream } from '../../../graph/graph.ts'
import { retryPart } from '../../../graph/names.ts'
import { decodeText } from '../../../runtime/codec.ts'
import { type ErrorRecord, RECORD_VERSION } from '../../../runtime/error-record.ts'
import { type CloudEvent, eventOf, knownRoot, messageOfEvent } from '../../../runtime/event.ts'
import { recordIdFor } from '../../../runtime/id.ts'
import type { Message } from '../../../runtime/message.ts'
import { fieldsOf } from '../../../runtime/text.ts'
import type { Thrown } from '../../../runtime/thrown.ts'
import type { RecordRange } from '../readBack.ts'

/** A message in a queue of crashes. */
export interface CrashMessage {
  readonly id: string
  readonly body: string
  /** When it was put there first, in milliseconds since 1970. */
  readonly sentMs: number
  /** The ARN of the queue that gave it up; absent where the platform reports a function. */
  readonly sourceArn?: string
  /** Where it is, for problems. */
  readonly where: string
}

/** What the platform gave up: its record, and where the events of a stream are to be read that it does not hold. */
export interface Crash {
  readonly record: ErrorRecord
  readonly range?: RecordRange & { readonly count: number }
}

/**
 * What Lambda tells a failure destination: of records in a stream, it says where they are; of an asynchronous invocation,
 * it holds the payload. Sources: Lambda developer guide, "kinesis-on-failure-destination" and
 * "invocation-async-retain-records", read 2026-11-21.
 */
interface DestinationPayload {
  readonly requestContext: {
    readonly requestId?: string
    readonly functionArn: string
    /** `RetryAttemptsExhausted`, `RecordAgeExceeded`; of invocations `RetriesExhausted`, `EventAgeExceeded`. */
    readonly condition?: string
    readonly approximateInvokeCount?: number
  }
  readonly responseContext?: { readonly functionError?: string }
  readonly timestamp?: string
  readonly KinesisBatchInfo?: {
    readonly shardId: string
    readonly startSequenceNumber: string
    readonly endSequenceNumber: string
    readonly batchSize?: number
    readonly streamArn: string
  }
  readonly requestPayload?: unknown
  readonly responsePayload?: unknown
}

/** Reads what a queue of crashes holds: what Lambda reports, or a message that its own queue gave up. */
export function readCrash(message: CrashMessage, graph: Graph): Crash | Problem {
  const payload = payloadIn(message.body)
  if (payload === undefined) return gaveUp(message, graph)
  const scope = scopeOf(graph)
  const { requestContext, KinesisBatchInfo: batch, timestamp } = payload
  const processor = processorOf(requestContext.functionArn, graph)
  const parts = { scope, processor, time: timestamp ?? timeOf(message), attempt: requestContext.approximateInvokeCount }
  if (batch === undefined) {
    const suspect = invokedWith(payload, processor)
    const position = `invoke/${requestContext.requestId ?? message.id}`
    const suspects = [eventOf(suspect, scope)]
    return { record: crashRecord({ ...parts, about: position, position, error: answered(payload), suspects }) }
  }
  const { shardId: shard, startSequenceNumber: first, endSequenceNumber: last, batchSize = 1 } = batch
  const stream = batch.streamArn.slice(batch.streamArn.lastIndexOf('/') + 1)
  const position = `${stream}/${shard}/${first}`
  const times = requestContext.approximateInvokeCount ?? 1
  const why = [requestContext.condition, payload.responseContext?.functionError].filter(Boolean).join(', ')
  const what = `the function did not get through ${countText(batchSize, 'record')} in ${countText(times, 'invocation')}`
  return {
    record: crashRecord({
      ...{ ...parts, position, about: `${position}-${last}` },
      error: { name: 'Crash', message: why === '' ? what : `${what}: ${why}` },
    }),
    range: { stream, shard, first, last, count: batchSize },
  }
}

/** The events that a crashed function had of a stream: those messages that it hears, as records hold them. */
export function suspectsOf(messages: readonly Message[], { processor, position = '' }: ErrorRecord, graph: Graph) {
  const scope = scopeOf(graph)
  const stream = position.split('/')[0]
  const streams = graph.streams.filter((one) => one.to === processor && streamName(scope, one.channel) === stream)
  return ours(messages, streams).map((message) => eventOf(message, scope))
}

/** On a channel that others share, a function leaves alone what is not for it. */
function ours(messages: readonly Message[], streams: readonly GraphStream[]): readonly Message[] {
  if (streams.length === 0) return messages
  return messages.filter((message) => streams.some((stream) => hears(stream, message)))
}

/** A message that came as often as its queue delivers, and was never acknowledged. */
function gaveUp(message: CrashMessage, graph: Graph): Crash | Problem {
  const { id, body, sourceArn = '', where } = message
  const scope = scopeOf(graph)
  const source = sourceArn.slice(sourceArn.lastIndexOf(':') + 1)
  const position = `${source === '' ? 'queue' : source}/${id}`
  const decoded = decodeText(body, { position, key: undefined, to: '' })
  const processor = receiverOf(source, decoded, graph)
  if (processor === undefined) {
    const what = 'nothing says which processor this was for'
    const remedy = 'It is left where it is. If nothing of yours put it there, remove it.'
    return { code: 'RECORD_UNREADABLE', severity: 'error', where, what, remedy }
  }
  const streams = graph.streams.filter(({ to, via }) => to === processor && via === 'sqs')
  const suspects = ours(decoded, streams).map((one) => eventOf(one, scope))
  const error = { name: 'Crash', message: 'its function did not get through it as often as its queue delivers it' }
  const parts = { scope, processor, time: timeOf(message), attempt: suspects[0]?.attakattempt }
  return { record: crashRecord({ ...parts, about: position, position, error, suspects }) }
}

/** Who a queue is for: it says so, as each has one receiver; else what comes over queues to one processor alone. */
function receiverOf(source: string, messages: readonly Message[], graph: Graph): string | undefined {
  const scope = scopeOf(graph)
  const nameOf = (part: string, fifo: boolean) => queueName(scope, part, { fifo })
  const waiting = graph.processors.find(({ name }) => nameOf(retryPart(name), false) === source)
  if (waiting !== undefined) return waiting.name
  const channels = graph.channels.filter(({ via }) => via === 'sqs')
  const channel = channels.find(({ name, fifo }) => nameOf(name, fifo) === source)
  const heard = graph.streams.filter((stream) => messages.some((message) => hears(stream, message)))
  const inChannel = heard.filter((stream) => channel === undefined || stream.channel === channel.name)
  const receivers = new Set(channel?.to.length === 1 ? channel.to : inChannel.map(({ to }) => to))
  return receivers.size === 1 ? [...receivers][0] : undefined
}

interface CrashParts {
  readonly scope: Scope
  readonly processor: string
  readonly time: string
  readonly attempt: number | undefined
  /** Where it stood, which its id is made of: ids of messages are chosen by their senders. */
  readonly about: string
  readonly position: string
  readonly error: Thrown
  readonly suspects?: readonly CloudEvent[]
}

function crashRecord({
  scope,
  processor,
  time,
  attempt = 1,
  about,
  position,
  error,
  suspects,
}: CrashParts): ErrorRecord {
  return {
    attakerror: RECORD_VERSION,
    id: recordIdFor(about, '', processor, 'crash'),
    kind: 'crash',
    ...{ time, ...scope, processor, attempt, error, position },
    ...(suspects && { suspects }),
  }
}

function payloadIn(body: string): DestinationPayload | undefined {
  try {
    const payload = fieldsOf(JSON.parse(body))
    const about = fieldsOf(payload?.requestContext)
    return typeof about?.functionArn === 'string' ? (payload as unknown as DestinationPayload) : undefined
  } catch {
    return undefined
  }
}

/** As a function reads it: a CloudEvent of ours, or any event, which is an input. */
function invokedWith({ requestContext, requestPayload }: DestinationPayload, processor: string): Message {
  const message = messageOfEvent(requestPayload, processor)
  if (message !== undefined) return message
  const root = knownRoot((requestContext.requestId ?? '').replaceAll('-', ''))
  const none = { topic: undefined, key: undefined, parent: undefined, id: undefined }
  const edge = { from: undefined, to: processor }
  return { ...none, data: requestPayload, edge, root, ordinal: 0, hop: 1, attempt: 1, row: -1 }
}

/** `{ errorType: 'Runtime.ExitError', errorMessage: 'RequestId: … Error: Runtime exited with error: exit status 1' }` */
function answered({ requestContext, responsePayload }: DestinationPayload): Thrown {
  const { errorType, errorMessage, trace } = fieldsOf(responsePayload) ?? {}
  const stack = Array.isArray(trace) && trace.length > 0 ? { stack: trace.join('\n') } : {}
  return {
    name: typeof errorType === 'string' ? errorType : 'Crash',
    message: typeof errorMessage === 'string' ? errorMessage : (requestContext.condition ?? 'the function failed'),
    ...stack,
  }
}

/** Of a function that is no longer in the topology, what follows topology and stage in its name. */
function processorOf(functionArn: string, graph: Graph): string {
  const scope = scopeOf(graph)
  const name = functionArn.split(':')[6] ?? ''
  const known = graph.processors.find((processor) => functionName(scope, processor.name) === name)
  return known?.name ?? name.replace(`${graph.name}--${graph.stage}--`, '')
}

function scopeOf({ name, stage }: Pick<Graph, 'name' | 'stage'>): Scope {
  return { topology: name, stage }
}

function timeOf({ sentMs }: CrashMessage): string {
  return new Date(sentMs).toISOString()
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
