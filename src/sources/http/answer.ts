import { fieldsOf } from '../../runtime/text.ts'

/** An answer to a request. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' }

/** The answer of a value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: JSON_TYPE, body: `${JSON.stringify(value)}\n` }
}

const PARTS = ['status', 'httpStatus', 'statusCode', 'headers', 'body', 'isBase64Encoded']

/**
 * The answer that a handler's result asks for: `{ status, headers, body }` if it has no other fields, and a status or a body;
 * otherwise the result itself as JSON. Nothing gives 204. The older names `httpStatus` and `statusCode` are read, too.
 */
export function answerOf(result: unknown): Answer {
  if (result === undefined) return { status: 204 }
  const fields = fieldsOf(result)
  const isAnswer =
    fields !== undefined &&
    Object.keys(fields).every((name) => PARTS.includes(name)) &&
    PARTS.slice(0, 3)
      .concat('body')
      .some((name) => name in fields)
  if (!isAnswer) return jsonAnswer(200, result)
  const status = Number(fields.status ?? fields.httpStatus ?? fields.statusCode ?? 200)
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    return jsonAnswer(500, { error: { message: `The handler answered with the status ${String(status)}.` } })
  }
  return { status, ...bodyOf(fields), ...{ headers: { ...bodyOf(fields).headers, ...headersOf(fields.headers) } } }
}

function bodyOf({ body, isBase64Encoded }: Readonly<Record<string, unknown>>): Pick<Answer, 'headers' | 'body'> {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'string') return { headers: JSON_TYPE, body: JSON.stringify(body) }
  return { headers: TEXT_TYPE, body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body }
}

/** The headers that may be sent: names and values as HTTP has them. Source: RFC 9110, section 5, read 2026-11-28. */
function headersOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(value) ?? {}).flatMap(([name, text]) => {
    const isSafe = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(String(text))
    return isSafe && !/^(?:content-length|transfer-encoding|connection)$/i.test(name)
      ? [[name.toLowerCase(), String(text)]]
      : []
  })
  return Object.fromEntries(entries)
}
