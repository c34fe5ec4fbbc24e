import type { Message } from '@platformatic/kafka'
import type { SourceEvent, SourceWorld } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import { type Format, textOfBytes } from '../content.ts'
import { eventOfMessage } from '../message.ts'

/** A record, as the client reads it. Kafka has keys and values that are null. */
export type KafkaRecord = Message<Buffer | undefined, Buffer | undefined, Buffer, Buffer | undefined>

/** Makes the event of a record. */
export function eventOfRecord(source: TopologySource, record: KafkaRecord, world: SourceWorld): SourceEvent {
  const { topic, partition, offset, key, value } = record
  const headers = new Map<string, string>()
  for (const [name, bytes] of record.headers) headers.set(name.toString().toLowerCase(), bytes?.toString() ?? '')
  const contentType = headers.get('content-type') ?? ''
  const { format = /^text\//i.test(contentType) ? 'text' : 'json' } = source.settings as { format?: Format }
  return eventOfMessage(
    source,
    {
      // A record that says that a key is deleted has no value.
      ...(value === undefined ? { body: Buffer.from('null'), format: 'json' } : { body: value, format }),
      ...{ contentType, topic, id: [topic, partition, String(offset)] },
      key: key === undefined ? undefined : (textOfBytes(key) ?? key.toString('base64')),
      // Source: CloudEvents, Kafka protocol binding 1.0.2, section 3.2.3, read 2026-11-29.
      attribute: (name) => headers.get(`ce_${name}`),
      traceparent: headers.get('traceparent'),
    },
    world,
  )
}
