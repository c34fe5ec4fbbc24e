import { queueName, type Scope } from '../../../aws/names.ts'
import type { Problem } from '../../../errors.ts'
import type { Graph, GraphStream } from '../../../graph/graph.ts'
import { retryPart } from '../../../graph/names.ts'
import { decodeText } from '../../../runtime/codec.ts'
import { isTooDeep, TOO_DEEP } from '../../../runtime/depth.ts'
import { type ErrorRecord, RECORD_VERSION } from '../../../runtime/error-record.ts'
import { type CloudEvent, eventOf, knownRoot, messageOfEvent } from '../../../runtime/event.ts'
import { recordIdFor } from '../../../runtime/id.ts'
import type { Message } from '../../../runtime/message.ts'
import { hears } from '../../../runtime/policies.ts'
import { type Position, positionText } from '../../../runtime/position.ts'
import { fieldsOf } from '../../../runtime/text.ts'
import type { Thrown } from '../../../runtime/thrown.ts'
import { isQueued, nameOfChannel, viaOfHolder } from '../channels.ts'
import { type Report, type ReportStage, readReport } from './report.ts'

/** A message in a queue of crashes. */
export interface CrashMessage {
  readonly id: string
  readonly body: string
  /** When it was put there first, in milliseconds since 1970. */
  readonly sentMs: number
  /** The ARN of the queue that gave it up; absent where the platform reports a function. */
  readonly sourceArn?: string
  /** Its place, for problems. */
  readonly where: string
}

/** What the platform gave up: its record, and where to read the events of a stream that the record lacks. */
export interface Crash {
  readonly record: ErrorRecord
  readonly range?: NonNullable<Report['batch']>
}

/**
 * Parses a message of a crashes queue: a report of Lambda, or a message that its queue gave up. A given-up message is a
 * sender's data, whatever it contains: it is never parsed as a report.
 */
export function readCrash(message: CrashMessage, stage: ReportStage): Crash | Problem {
  const { graph } = stage
  const report = message.sourceArn === undefined ? readReport(message.body, stage) : undefined
  if (report === undefined) return gaveUp(message, graph)
  if ('wrong' in report) return unreadable(message, `this crash report cannot be read: ${report.wrong}`)
  const { processor, requestId, time = timeOf(message), batch, invocations } = report
  const parts = { scope: scopeOf(graph), processor, time, attempt: invocations }
  if (batch === undefined) {
    const suspect = invokedWith(report)
    if (isTooDeep(suspect.data)) return unreadable(message, `the payload of the function ${TOO_DEEP}`)
    const position = { channel: 'invoke', ref: requestId ?? message.id }
    const suspects = [eventOf(suspect, parts.scope)]
    return { record: crashRecord({ ...parts, position, error: thrownOf(report), suspects }) }
  }
  const { stream, shard, first, last, count } = batch
  const position = { carrier: viaOfHolder('stream'), channel: stream, ref: `${shard}/${first}` }
  const why = [report.condition, report.functionError].filter(Boolean).join(', ')
  const times = countText(invocations ?? 1, 'invocation')
  const what = `the function did not finish ${countText(count, 'record')} in ${times}`
  return {
    record: crashRecord({
      ...{ ...parts, position, about: `${positionText(position)}-${last}` },
      error: { name: 'Crash', message: why === '' ? what : `${what}: ${why}` },
    }),
    range: batch,
  }
}

function unreadable({ where }: CrashMessage, what: string): Problem {
  const remedy = 'It stays where it is. attak errors purge --unreadable removes all such messages.'
  return { code: 'RECORD_UNREADABLE', severity: 'error', where, what, remedy }
}

/**
 * Returns the events of a stream that a crashed function had: the messages it subscribes to, as error records store
 * them.
 */
export function suspectsOf(messages: readonly Message[], { processor, position }: ErrorRecord, graph: Graph) {
  const scope = scopeOf(graph)
  const channel = graph.channels.find((one) => nameOfChannel(scope, one) === position?.channel)
  const streams = graph.streams.filter((one) => one.to === processor && one.channel === channel?.name)
  return ours(messages, streams).map((message) => eventOf(message, scope))
}

/**
 * On a shared channel, a function ignores messages for others. Without the project no stream is known, and each message
 * of the channel may be for it.
 */
function ours(messages: readonly Message[], streams: readonly GraphStream[]): readonly Message[] {
  if (streams.length === 0) return messages
  return messages.filter((message) => streams.some((stream) => hears(stream, message)))
}

/** A message that came as often as its queue delivers, and was never acknowledged. */
function gaveUp(message: CrashMessage, graph: Graph): Crash | Problem {
  const { id, body, sourceArn = '' } = message
  const scope = scopeOf(graph)
  const source = sourceArn.slice(sourceArn.lastIndexOf(':') + 1)
  const position = { carrier: viaOfHolder('queue'), channel: source === '' ? 'queue' : source, ref: id }
  const decoded = decodeText(body, { position, key: undefined, to: '' })
  const processor = receiverOf(source, decoded, graph)
  if (processor === undefined) return unreadable(message, 'it does not name its processor')
  const streams = graph.streams.filter((stream) => stream.to === processor && isQueued(stream))
  const isRetried = source === retryQueueName(scope, processor)
  const suspects = (isRetried ? decoded : ours(decoded, streams)).map((one) => eventOf(one, scope))
  const refused = decoded.find((one) => one.refused !== undefined)?.refused
  const error =
    refused === undefined
      ? { name: 'Crash', message: 'its function did not finish in any of the deliveries that its queue allows' }
      : { name: 'AttakError', code: 'RECORD_REFUSED', message: refused }
  const parts = { scope, processor, time: timeOf(message), attempt: suspects[0]?.attakattempt }
  return { record: crashRecord({ ...parts, position, error, suspects }) }
}

/**
 * Returns the receiver of a queue's messages: the queue's only receiver, or else the only processor that subscribes to
 * them over queues. Undefined if there are several.
 */
function receiverOf(source: string, messages: readonly Message[], graph: Graph): string | undefined {
  const scope = scopeOf(graph)
  const waiting = graph.processors.find(({ name }) => retryQueueName(scope, name) === source)
  if (waiting !== undefined) return waiting.name
  const channel = graph.channels.find((one) => isQueued(one) && nameOfChannel(scope, one) === source)
  const heard = graph.streams.filter((stream) => messages.some((message) => hears(stream, message)))
  const inChannel = heard.filter((stream) => channel === undefined || stream.channel === channel.name)
  const receivers = new Set(channel?.to.length === 1 ? channel.to : inChannel.map(({ to }) => to))
  return receivers.size === 1 ? [...receivers][0] : undefined
}

function retryQueueName(scope: Scope, processor: string): string {
  return queueName(scope, retryPart(processor), { fifo: false })
}

interface CrashParts {
  readonly scope: Scope
  readonly processor: string
  readonly time: string
  readonly attempt: number | undefined
  /** The record's place. Its id is made from that, because senders choose the ids of messages. */
  readonly position: Position
  /** The base of its id, if that is more than one position. */
  readonly about?: string
  readonly error: Thrown
  readonly suspects?: readonly CloudEvent[]
}

function crashRecord({
  scope,
  processor,
  time,
  attempt = 1,
  position,
  about = positionText(position),
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

/** As a function reads it: a CloudEvent of ours, or any event, which is an input. */
function invokedWith({ requestId = '', processor, given }: Report): Message {
  const message = messageOfEvent(given, processor)
  if (message !== undefined) return message
  const root = knownRoot(requestId.replaceAll('-', ''))
  const none = { topic: undefined, key: undefined, parent: undefined, id: undefined }
  const edge = { from: undefined, to: processor }
  return { ...none, data: given, edge, root, ordinal: 0, hop: 1, attempt: 1 }
}

/** `{ errorType: 'Runtime.ExitError', errorMessage: 'RequestId: … Error: Runtime exited with error: exit status 1' }` */
function thrownOf({ condition, answered }: Report): Thrown {
  const { errorType, errorMessage, trace } = fieldsOf(answered) ?? {}
  const calls = Array.isArray(trace) ? trace.filter((call) => typeof call === 'string') : []
  const stack = calls.length > 0 ? { stack: calls.join('\n') } : {}
  return {
    name: typeof errorType === 'string' ? errorType : 'Crash',
    message: typeof errorMessage === 'string' ? errorMessage : (condition ?? 'the function failed'),
    ...stack,
  }
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
