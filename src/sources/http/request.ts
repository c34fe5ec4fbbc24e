import type { IncomingMessage } from 'node:http'
import { isTooDeep, MOST_DEPTH } from '../../runtime/depth.ts'
import { isOutOfRange, MAYBE_OUT_OF_RANGE, OUT_OF_RANGE } from '../../runtime/range.ts'
import { fieldsOf } from '../../runtime/text.ts'
import type { HttpEvent } from './event.ts'

/** Why a request gets no handler: an error with the status of its answer. */
export function refused(status: number, message: string): Error {
  return Object.assign(new Error(message), { status })
}

/** The bytes of all bodies that are being read. */
export interface Budget {
  bytes: number
}

const MOST_READING = 128 * 1024 * 1024

/** Reads a body. Throws {@link refused} if it is too large, broken off, or if too much is being read. */
export async function bodyOf(request: IncomingMessage, mostBytes: number, budget: Budget): Promise<Buffer> {
  const tooLarge = () => refused(413, `The body is larger than ${mostBytes} bytes.`)
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge()
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length
      budget.bytes += part.length
      if (bytes > mostBytes) throw tooLarge()
      if (budget.bytes > MOST_READING) throw refused(503, 'Too many bodies are being read. Send it again later.')
      parts.push(part)
    }
  } finally {
    budget.bytes -= bytes
  }
  return Buffer.concat(parts)
}

/** The parts of a request's address that its route found. */
export interface Found {
  readonly path: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
}

/** Makes the event of a request. Throws {@link refused} for a body that says that it is JSON and is not. */
export function eventOf({ method = 'GET', headers }: IncomingMessage, body: Buffer, found: Found): HttpEvent {
  const query = queryOf(found.query)
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  )
  const params = Object.entries(found.params).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return {
    ...{ method, path: found.path, params: Object.fromEntries(params), query, headers: Object.fromEntries(texts) },
    ...contentOf(body, headers['content-type'] ?? ''),
    ...{ httpMethod: method, queryStringParameters: query },
  }
}

function queryOf(search: URLSearchParams): HttpEvent['query'] {
  const names = [...new Set(search.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const all = search.getAll(name)
      return [name, all.length === 1 ? all[0]! : all]
    }),
  )
}

const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The value of a body. */
export function contentOf(body: Buffer, type: string): Pick<HttpEvent, 'body' | 'isBase64Encoded'> {
  if (body.length === 0) return {}
  let text: string
  try {
    text = decoder.decode(body)
  } catch {
    if (JSON_TYPE.test(type)) throw refused(400, 'The body is not UTF-8.')
    return { body: body.toString('base64'), isBase64Encoded: true }
  }
  return { body: JSON_TYPE.test(type) ? jsonOf(text) : text }
}

function jsonOf(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refused(400, `The body is not JSON: ${(error as Error).message}.`)
  }
  if (isTooDeep(value)) throw refused(400, `The body is nested deeper than ${MOST_DEPTH} levels.`)
  if (MAYBE_OUT_OF_RANGE.test(text) && isOutOfRange(value)) throw refused(400, `The body ${OUT_OF_RANGE}.`)
  return value
}

/** A CloudEvent in a request. */
export interface HttpCloudEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly key?: string
  readonly data: unknown
}

/**
 * Returns the CloudEvent of a request, in binary or structured mode; undefined if it is none. Source: CloudEvents 1.0.2, HTTP
 * protocol binding, read 2026-11-28.
 */
export function cloudEventOf({ headers }: IncomingMessage, body: Buffer): HttpCloudEvent | undefined {
  const type = headers['content-type'] ?? ''
  if (/^application\/cloudevents\+json\s*(?:;|$)/i.test(type)) {
    const fields = fieldsOf(contentOf(body, type).body)
    if (fields === undefined) throw refused(400, 'The body is no CloudEvent.')
    const { data_base64: base64 } = fields
    if (base64 !== undefined && (typeof base64 !== 'string' || !BASE64.test(base64))) {
      throw refused(400, 'The data_base64 of the CloudEvent is not base64.')
    }
    return attributesOf(fields, fields.data ?? base64)
  }
  if (headers['ce-specversion'] === undefined) return undefined
  const attributes = ['specversion', 'id', 'source', 'type', 'partitionkey'].map((name) => [
    name,
    headers[`ce-${name}`],
  ])
  return attributesOf(Object.fromEntries(attributes), contentOf(body, type).body)
}

/** Source: RFC 4648, section 4, read 2026-11-28. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function attributesOf(fields: Readonly<Record<string, unknown>>, data: unknown): HttpCloudEvent {
  const { specversion, id, source, type, partitionkey } = fields
  if (specversion !== '1.0') throw refused(400, 'The CloudEvent is not of version 1.0.')
  const given = { id, source, type, ...(partitionkey !== undefined && { partitionkey }) }
  const wrong = Object.entries(given).filter(([, value]) => typeof value !== 'string' || value === '')
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name).join(', ')
    throw refused(400, `The CloudEvent needs texts that are not empty: ${names}.`)
  }
  const key = partitionkey === undefined ? {} : { key: String(partitionkey) }
  return { id: String(id), source: String(source), type: String(type), ...key, data }
}
