import type { AsyncMessage, Channel } from 'rabbitmq-client'
import type { SourceEvent, SourceWorld } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Format } from '../content.ts'
import { eventOfMessage } from '../message.ts'

/** Longer routing keys are no topics. */
const MOST_TOPIC_BYTES = 256

/** Makes the event of a message of a queue. */
export function eventOfDelivery(source: TopologySource, message: AsyncMessage, world: SourceWorld): SourceEvent {
  const { contentType = '', messageId = '', exchange, routingKey } = message
  const headers = (message.headers ?? {}) as Readonly<Record<string, unknown>>
  const { format, queue } = source.settings as { format?: Format; queue: string }
  const isTopic = exchange !== '' && routingKey !== '' && Buffer.byteLength(routingKey) <= MOST_TOPIC_BYTES
  return eventOfMessage(
    source,
    {
      ...{ body: bytesOf(message.body), contentType },
      format: format ?? (/^text\//i.test(contentType) ? 'text' : 'json'),
      // Source: CloudEvents, AMQP protocol binding 1.0.2, section 3.1.3.1, read 2026-11-29; later versions prefer "_".
      attribute: (name) => textOf(headers[`cloudEvents:${name}`] ?? headers[`cloudEvents_${name}`]),
      topic: isTopic ? routingKey : undefined,
      id: messageId === '' ? undefined : [queue, messageId],
      traceparent: textOf(headers.traceparent),
    },
    world,
  )
}

function textOf(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A frame with the properties of a message. */
interface Header {
  readonly fields: { contentType?: string }
}

/**
 * Has a channel of the client deliver bytes. By itself it decodes `text/plain` and `application/json`, and loses bytes that are
 * not UTF-8 and numbers that are too large. It has no setting for that, but leaves media types with parameters alone.
 */
export function keepBytes(channel: Channel): void {
  const inner = channel as unknown as { _onHeader?: (header: Header) => void }
  const onHeader = inner._onHeader
  if (typeof onHeader !== 'function') return
  inner._onHeader = (header) => {
    const { contentType } = header.fields
    if (contentType === 'text/plain' || contentType === 'application/json')
      header.fields.contentType = `${contentType};`
    onHeader.call(channel, header)
  }
}
