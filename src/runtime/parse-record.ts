import type { Problem } from '../errors.ts'
import { isTooDeep, MOST_DEPTH, TOO_DEEP } from './depth.ts'
import { type ErrorRecord, RECORD_VERSION } from './error-record.ts'
import { RECORD_KINDS } from './id.ts'
import { positionIn } from './position.ts'
import { isOutOfRange, OUT_OF_RANGE } from './range.ts'
import { fieldsOf, jsonIn } from './text.ts'

/** The result of parsing an error record. */
export type ParsedRecord =
  | { readonly kind: 'record'; readonly record: ErrorRecord }
  | { readonly kind: 'problem'; readonly problem: Problem }

/**
 * Parses an error record. Unknown fields are preserved. The text that older versions wrote as `position` becomes a
 * position. A text that is no record, or one of another version, is a problem RECORD_UNREADABLE; `where` is its place:
 * `queue orders--dev--_errors, message 5d1e…`.
 */
export function parseRecord(text: string, where: string): ParsedRecord {
  const value = jsonIn(text)
  if (isTooDeep(value, MOST_DEPTH + LEVELS_AROUND)) return problem(where, `this ${TOO_DEEP}`, FOREIGN)
  if (isOutOfRange(value)) return problem(where, `this ${OUT_OF_RANGE}`, FOREIGN)
  const fields = fieldsOf(value)
  if (fields === undefined || !('attakerror' in fields)) return problem(where, 'this is not an error record', FOREIGN)
  const { attakerror } = fields
  if (attakerror !== RECORD_VERSION) return problem(where, sayVersion(attakerror), remedyOf(attakerror))
  const missing = Object.entries(FIELDS).find(([name, is]) => !is(fields[name]))?.[0]
  if (missing !== undefined) return problem(where, `this error record has no readable ${missing}`, FOREIGN)
  const position = positionIn(fields.position)
  return { kind: 'record', record: { ...fields, ...(position && { position }) } as unknown as ErrorRecord }
}

/** The record, its list of events, and one of those, which holds the data. */
const LEVELS_AROUND = 3

const FOREIGN = 'It stays where it is. Remove it, unless your own code put it there.'

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string'
const isEvents = (value: unknown) => value === undefined || (Array.isArray(value) && value.every(isEvent))

function isEvent(value: unknown): boolean {
  const { id, source, type, attakroot, attakparent, partitionkey, time, attakhop, attakattempt } = fieldsOf(value) ?? {}
  return (
    [id, source, type, attakroot].every((attribute) => typeof attribute === 'string') &&
    [attakparent, partitionkey, time].every(isTextOrAbsent) &&
    [attakhop, attakattempt].every((count) => count === undefined || typeof count === 'number')
  )
}

function isThrown(value: unknown): boolean {
  const { name, message, code, remedy, stack } = fieldsOf(value) ?? {}
  return typeof name === 'string' && typeof message === 'string' && [code, remedy, stack].every(isTextOrAbsent)
}

function isRun(value: unknown): boolean {
  const { seed, concurrency, built } = fieldsOf(value) ?? {}
  const isCount = Number.isSafeInteger(concurrency) && Number(concurrency) > 0
  return typeof seed === 'string' && isCount && (built === undefined || built === true)
}

/** What those that use a record count on. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value),
  kind: (value) => RECORD_KINDS.some((kind) => kind === value),
  time: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  topology: isText,
  stage: isText,
  processor: isText,
  attempt: Number.isSafeInteger,
  error: isThrown,
  position: (value) => value === undefined || positionIn(value) !== undefined,
  artifact: isTextOrAbsent,
  message: (value) => value === undefined || isEvent(value),
  suspects: isEvents,
  ancestors: isEvents,
  run: (value) => value === undefined || isRun(value),
}

function sayVersion(version: unknown): string {
  return `this error record is of version ${JSON.stringify(version)}, and this attak reads ${RECORD_VERSION}`
}

function remedyOf(version: unknown): string {
  return Number(version) > RECORD_VERSION
    ? 'Update attak to the deployed version or a later one, then run the same again.'
    : 'Read it with the attak that was deployed when it was made.'
}

function problem(where: string, what: string, remedy: string): ParsedRecord {
  return { kind: 'problem', problem: { code: 'RECORD_UNREADABLE', severity: 'error', where, what, remedy } }
}
