import type { IncomingMessage } from 'node:http'
import { type CloudEvent, isJsonType, readCloudEvent } from '../cloud-event.ts'
import { parseJson, textOfBytes } from '../content.ts'
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

/** The value of a body. */
export function contentOf(body: Buffer, type: string): Pick<HttpEvent, 'body' | 'isBase64Encoded'> {
  if (body.length === 0) return {}
  const text = textOfBytes(body)
  if (!isJsonType(type)) {
    return text === undefined ? { body: body.toString('base64'), isBase64Encoded: true } : { body: text }
  }
  if (text === undefined) throw refused(400, 'The body is not UTF-8.')
  const parsed = parseJson(text)
  if ('fault' in parsed) throw refused(400, `The body ${parsed.fault}.`)
  return { body: parsed.value }
}

/** Returns the CloudEvent of a request; undefined if it is none. Throws {@link refused} for one that is not valid. */
export function cloudEventOf({ headers }: IncomingMessage, body: Buffer): CloudEvent | undefined {
  const contentType = headers['content-type'] ?? ''
  const read = readCloudEvent({
    ...{ contentType, body },
    attribute: (name) => attributeOf(headers[`ce-${name}`]?.toString()),
    data() {
      const { body: data, isBase64Encoded } = contentOf(body, contentType)
      return isBase64Encoded ? { data_base64: data } : data
    },
  })
  if (read !== undefined && 'fault' in read) throw refused(400, read.fault)
  return read
}

const QUOTED = /^"((?:[^"\\]|\\.)*)"$/
/** The escapes of one character in UTF-8. */
const ESCAPES = /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi

/**
 * Returns an attribute that a header has: quotes are taken off, and escapes are decoded once; one that is not valid stays.
 * Source: CloudEvents 1.0.2, binding of HTTP, section 3.1.3.2, read 2026-11-29.
 */
function attributeOf(header: string | undefined): string | undefined {
  const text = header?.replace(QUOTED, (_, quoted: string) => quoted.replace(/\\(.)/g, '$1'))
  return text?.replace(ESCAPES, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
