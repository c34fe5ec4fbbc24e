import { Readable } from 'node:stream'
import { NormalizedSchema } from '@smithy/core/schema'
import { getSmithyContext } from '@smithy/core/transport'
import type { HandlerExecutionContext } from '@smithy/types'
import { MOST_ANSWER_BYTES } from '../../aws/connections.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'
import { NEEDED_FIELDS } from './needed-fields.ts'

const STRANGE = 'StrangeAnswer'

/**
 * Returns a time that an answer gives, in milliseconds since 1970; 0 for what no Date can hold. Source: ECMA-262, 21.4.1.1, read
 * 2026-11-28.
 */
export function validTime(ms: number | undefined): number {
  return ms !== undefined && ms >= 0 && ms <= 8.64e15 ? ms : 0
}

/** The answer of a server, before the SDK has read it. */
interface Response {
  readonly statusCode: number
  body?: unknown
}

/** Makes the error of an answer that AWS would not send, from its flaw, its status and its text. */
export function strangeAnswer(flaw: string, httpStatusCode: number, $responseBodyText: string): Error {
  return Object.assign(new Error(flaw), { name: STRANGE, $metadata: { httpStatusCode }, $responseBodyText })
}

/** Whether an error is one of {@link strangeAnswer}. */
export function isStrangeAnswer(error: Error): boolean {
  return error.name === STRANGE
}

/**
 * Reads a whole answer, within limits, so that no answer is read without end. Throws a strange answer if it is neither
 * XML nor a JSON object, or empty where AWS sends fields: the SDK would treat it as an answer without fields. Throws a
 * TimeoutError if it is not complete within `withinMs`.
 */
export async function readAnswer(
  response: Response,
  context: HandlerExecutionContext,
  withinMs: number,
): Promise<void> {
  const { body, statusCode } = response
  if (!(body instanceof Readable)) return
  const bytes = await readBytes(body, statusCode, withinMs)
  const members = [...(outputOf(context)?.structIterator() ?? [])].map(([, member]) => member)
  // Code that reads an object of S3 expects a stream.
  response.body = members.some((member) => member.isStreaming()) ? Readable.from([bytes]) : bytes
  if (statusCode > 299 || members.some((member) => 'httpPayload' in member.getMergedTraits())) return
  const text = textOf(bytes)
  const first = text.trimStart().charAt(0)
  const isWithout = first === '' ? members.some(isInBody) : !/[{<]/.test(first)
  if (isWithout) throw strangeAnswer('it has no fields', statusCode, text)
}

function isInBody(member: NormalizedSchema): boolean {
  const { httpHeader, httpPrefixHeaders, httpResponseCode } = member.getMergedTraits()
  return httpHeader === undefined && httpPrefixHeaders === undefined && httpResponseCode === undefined
}

/**
 * Throws a strange answer if a field has another type than in AWS's schema, if one is missing that AWS always sends, or if
 * all fields are unknown.
 */
export function checkFields(output: unknown, response: unknown, context: HandlerExecutionContext): void {
  const schema = outputOf(context)
  if (schema === undefined) return
  const { statusCode, body } = response as Response
  const flaw = flawOf(output, schema, '') ?? lackOf(output, schema, body, operationOf(context))
  if (flaw !== undefined) throw strangeAnswer(flaw, statusCode, textOf(body))
}

/** Returns what an answer lacks; undefined where it has what AWS always sends. */
function lackOf(output: unknown, schema: NormalizedSchema, body: unknown, operation: string): string | undefined {
  const given = Object(output) as Readonly<Record<string, unknown>>
  const needed = NEEDED_FIELDS[operation]
  if (needed !== undefined && given[needed] == null) return `it has no ${needed}`
  const members = Object.keys(schema.getMemberSchemas())
  if (members.length === 0 || members.some((name) => given[name] != null)) return undefined
  const sent = body instanceof Uint8Array ? Object.keys(fieldsOf(jsonIn(Buffer.from(body).toString('utf8'))) ?? {}) : []
  return sent.length > 0 && !sent.some((name) => members.includes(name)) ? 'none of its fields is known' : undefined
}

/** The text that an answer begins with, as far as it was read. */
export function textOf(body: unknown): string {
  return body instanceof Uint8Array ? Buffer.from(body.subarray(0, MOST_TEXT)).toString('utf8') : ''
}

const MOST_TEXT = 1000

async function readBytes(body: Readable, statusCode: number, withinMs: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const late = Object.assign(new Error('the answer was not complete'), { name: 'TimeoutError' })
  const timer = setTimeout(() => body.destroy(late), withinMs)
  try {
    // Leaving the loop ends the connection.
    for await (const chunk of body) {
      size += chunk.length
      if (size > MOST_ANSWER_BYTES) {
        const flaw = `it is longer than ${MOST_ANSWER_BYTES / 1024 / 1024} MiB`
        throw strangeAnswer(flaw, statusCode, textOf(chunks[0] ?? chunk).trim())
      }
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks)
}

function outputOf(context: HandlerExecutionContext): NormalizedSchema | undefined {
  const operation = schemaOf(context)
  const schema = operation && NormalizedSchema.of(operation[5] as never)
  return schema?.isStructSchema() === true ? schema : undefined
}

function operationOf(context: HandlerExecutionContext): string {
  return String(schemaOf(context)?.[2])
}

/** Returns the schema of an operation: its name is at 2, that of its output at 5. */
function schemaOf(context: HandlerExecutionContext): readonly unknown[] | undefined {
  return (getSmithyContext(context) as { readonly operationSchema?: readonly unknown[] }).operationSchema
}

/** Returns what is wrong with a value; undefined if it matches the schema: `QueueUrls[0] is not a text`. */
function flawOf(value: unknown, schema: NormalizedSchema, path: string): string | undefined {
  if (schema.isStreaming()) return undefined
  if (schema.isStructSchema()) return flawOfFields(value, schema, path)
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return `${path} is not a list`
    return firstFlaw(
      value.entries(),
      (at) => `${path}[${at}]`,
      () => schema.getValueSchema(),
    )
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) return `${path} is not an object`
    return firstFlaw(
      Object.entries(value),
      (key) => `${path}.${key}`,
      () => schema.getValueSchema(),
    )
  }
  if (schema.isStringSchema()) return typeof value === 'string' ? undefined : `${path} is not a text`
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? undefined : `${path} is neither true nor false`
  if (schema.isNumericSchema()) return typeof value === 'number' ? undefined : `${path} is not a number`
  if (schema.isTimestampSchema()) return isTime(value) ? undefined : `${path} is not a time`
  return undefined
}

/** AWS writes null for a field without a value. */
function flawOfFields(value: unknown, schema: NormalizedSchema, path: string): string | undefined {
  if (!isObject(value)) return `${path} is not an object`
  const members = schema.getMemberSchemas()
  const given = Object.entries(value).filter(([name, field]) => Object.hasOwn(members, name) && field != null)
  for (const [name, field] of Object.entries(value)) if (field === null) delete value[name]
  return firstFlaw(
    given,
    (name) => (path === '' ? name : `${path}.${name}`),
    (name) => members[name]!,
  )
}

function firstFlaw<Key>(
  entries: Iterable<[Key, unknown]>,
  pathOf: (key: Key) => string,
  schemaOf: (key: Key) => NormalizedSchema,
): string | undefined {
  for (const [key, value] of entries) {
    const flaw = flawOf(value, schemaOf(key), pathOf(key))
    if (flaw !== undefined) return flaw
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}
