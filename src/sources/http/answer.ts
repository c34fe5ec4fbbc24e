import { fieldsOf } from '../../runtime/text.ts'

/** An answer to a request. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
}

/** The header of JSON. */
export const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' }

/** The answer of a value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: JSON_TYPE, body: `${JSON.stringify(value)}\n` }
}

const PARTS = ['status', 'httpStatus', 'statusCode', 'headers', 'body', 'isBase64Encoded']

/**
 * The answer that a handler's result asks for: `{ status, headers, body }` if it has no other fields, and a status from 200 to 599 or
 * headers. Otherwise the result itself is the answer, as JSON; nothing gives 204. The older names `httpStatus` and `statusCode` are
 * read, too. A result that JSON cannot carry is answered with 500.
 */
export function answerOf(result: unknown): Answer {
  if (result === undefined) return { status: 204 }
  const fields = fieldsOf(result)
  const status = fields?.status ?? fields?.httpStatus ?? fields?.statusCode
  const isStatus = Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599
  const isHeaders = status === undefined && fieldsOf(fields?.headers) !== undefined
  const isAnswer = (isStatus || isHeaders) && Object.keys(fields ?? {}).every((name) => PARTS.includes(name))
  try {
    if (!isAnswer || fields === undefined) return jsonAnswer(200, result)
    const { headers, ...body } = bodyOf(fields)
    return { status: isStatus ? Number(status) : 200, ...body, headers: { ...headers, ...headersOf(fields.headers) } }
  } catch (error) {
    const message = `The result of the handler cannot be written as JSON: ${(error as Error).message}`
    return jsonAnswer(500, { error: { message } })
  }
}

function bodyOf({ body, isBase64Encoded }: Readonly<Record<string, unknown>>): Pick<Answer, 'headers' | 'body'> {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'string') return { headers: JSON_TYPE, body: `${JSON.stringify(body)}` }
  return { headers: TEXT_TYPE, body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body }
}

/** The headers that may be sent: names and values as HTTP has them; a list is several headers. Source: RFC 9110, section 5, read 2026-11-28. */
function headersOf(value: unknown): NonNullable<Answer['headers']> {
  const entries = Object.entries(fieldsOf(value) ?? {}).flatMap(([name, given]) => {
    const texts = [given].flat().map(String)
    const isSafe = NAME.test(name) && texts.every((text) => VALUE.test(text)) && !OURS.test(name)
    return isSafe ? [[name.toLowerCase(), Array.isArray(given) ? texts : texts[0]!]] : []
  })
  return Object.fromEntries(entries)
}

const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Headers that say how the answer travels. */
const OURS = /^(?:content-length|transfer-encoding|connection|keep-alive|upgrade|trailer)$/i
