import { fieldsOf } from '../runtime/text.ts'
import { dataOfBytes, parseJson, textOfBytes } from './content.ts'

/** A CloudEvent in a message. */
export interface CloudEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly key?: string
  readonly data: unknown
}

/** A message that may be a CloudEvent. */
export interface CloudEventMessage {
  /** Its media type; empty if it has none. */
  readonly contentType: string
  readonly body: Buffer
  /** The attribute of a CloudEvent in binary mode: `id`, `source`. */
  attribute(name: string): string | undefined
  /** The data of a CloudEvent in binary mode. */
  data(): unknown
}

const STRUCTURED = /^application\/cloudevents\+json\s*(?:;|$)/i
const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i
/** Source: RFC 4648, section 4, read 2026-11-28. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Whether a media type is JSON. */
export function isJsonType(type: string): boolean {
  return JSON_TYPE.test(type)
}

/**
 * Returns the CloudEvent of a message, in binary or structured mode; undefined if it is none. `fault` is a sentence. Source:
 * CloudEvents 1.0.2, its JSON format and its bindings of HTTP, Kafka and AMQP, read 2026-11-28.
 */
export function readCloudEvent(message: CloudEventMessage): CloudEvent | { readonly fault: string } | undefined {
  if (STRUCTURED.test(message.contentType)) return structured(message.body)
  if (message.attribute('specversion') === undefined) return undefined
  const names = ['specversion', 'id', 'source', 'type', 'partitionkey']
  return attributesOf(Object.fromEntries(names.map((name) => [name, message.attribute(name)])), message.data)
}

function structured(body: Buffer): CloudEvent | { readonly fault: string } {
  const text = textOfBytes(body)
  if (text === undefined) return { fault: 'The body is not UTF-8.' }
  const parsed = parseJson(text)
  if ('fault' in parsed) return { fault: `The body ${parsed.fault}.` }
  const fields = fieldsOf(parsed.value)
  if (fields === undefined) return { fault: 'The body is no CloudEvent.' }
  const { data, data_base64: base64, datacontenttype: type } = fields
  if (base64 === undefined) return attributesOf(fields, () => data)
  if (typeof base64 !== 'string' || !BASE64.test(base64)) {
    return { fault: 'The data_base64 of the CloudEvent is not base64.' }
  }
  // The bytes are what binary mode has as its body.
  const format = type === undefined || isJsonType(String(type)) ? 'json' : 'text'
  return attributesOf(fields, () => data ?? dataOfBytes(Buffer.from(base64, 'base64'), format))
}

function attributesOf(
  { specversion, id, source, type, partitionkey }: Readonly<Record<string, unknown>>,
  data: () => unknown,
): CloudEvent | { readonly fault: string } {
  if (specversion !== '1.0') return { fault: 'The CloudEvent is not of version 1.0.' }
  const given = { id, source, type, ...(partitionkey !== undefined && { partitionkey }) }
  const wrong = Object.entries(given).filter(([, value]) => typeof value !== 'string' || value === '')
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name).join(', ')
    return { fault: `The CloudEvent needs texts that are not empty: ${names}.` }
  }
  const key = partitionkey === undefined ? {} : { key: String(partitionkey) }
  return { id: String(id), source: String(source), type: String(type), ...key, data: data() }
}
