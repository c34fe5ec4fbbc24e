import { hexDigestOf } from '../runtime/digest.ts'
import type { SourceEvent, SourceWorld } from '../runtime/source.ts'
import type { TopologySource } from '../topology/source.ts'
import { readCloudEvent } from './cloud-event.ts'
import { dataOfBytes, type Format } from './content.ts'

/** A message as a broker delivers it. */
export interface BrokerMessage {
  readonly body: Buffer
  readonly format: Format
  /** Its media type, where the broker has one. */
  readonly contentType?: string | undefined
  /** The attribute of a CloudEvent in binary mode. */
  readonly attribute?: (name: string) => string | undefined
  /** The topic of its event, if neither the source nor a CloudEvent has one. */
  readonly topic?: string | undefined
  readonly key?: string | undefined
  /** Names it among all messages of its source, also when it comes again; absent if nothing does. */
  readonly id?: readonly (string | number)[] | undefined
  readonly traceparent?: string | undefined
}

/** Makes the event of a message. A message that is no valid CloudEvent is taken like any other. */
export function eventOfMessage(source: TopologySource, message: BrokerMessage, world: SourceWorld): SourceEvent {
  const { body, format, contentType = '', attribute = () => undefined, traceparent } = message
  const data = () => dataOfBytes(body, format)
  const read = readCloudEvent({ contentType, body, attribute, data })
  const cloudEvent = read === undefined || 'fault' in read ? undefined : read
  const topic = source.topic ?? cloudEvent?.type ?? message.topic
  const key = cloudEvent?.key ?? message.key
  const words = cloudEvent === undefined ? message.id : [cloudEvent.source, cloudEvent.id]
  return {
    to: source.to,
    event: cloudEvent === undefined ? data() : cloudEvent.data,
    ...(topic !== undefined && topic !== '' && { topic }),
    ...(key !== undefined && { key }),
    ...(words !== undefined && { id: rootId(world, source, words) }),
    ...traceOf(traceparent),
  }
}

/** The id of the tree of an event: the same each time it comes. */
export function rootId(
  { scope }: Pick<SourceWorld, 'scope'>,
  { name }: Pick<TopologySource, 'name'>,
  words: readonly (string | number)[],
): string {
  return hexDigestOf(JSON.stringify([scope, name, ...words]))
}

/** Source: https://www.w3.org/TR/trace-context/, read 2026-11-21. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The trace context of a message, if it is valid. */
export function traceOf(traceparent: unknown): Pick<SourceEvent, 'traceparent'> {
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}
}
