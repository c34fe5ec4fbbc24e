import { decodeText } from '../runtime/utf8.ts'
import { type OnName, refusedIn, type Stop, scan } from './json-scan.ts'

/** The most bytes of one JSON value: 64 MiB. Parsed, it takes up to thirty times as many. */
export const MOST_JSON_BYTES = 64 * 1024 * 1024

/** The reason for refusing a larger one. */
export const TOO_LARGE = `larger than ${MOST_JSON_BYTES / 2 ** 20} MiB, the limit of one JSON value`

/** Where in a line, and why, a text is not JSON. */
export interface LineFault {
  /** From 1, in UTF-16 units, without a byte order mark at the start of the text. */
  readonly column: number
  /** `not JSON: expected "," or "}", found "b"`. */
  readonly what: string
  /** The line and a caret below the place, to print as it is. */
  readonly excerpt: string
}

/** Where and why a text is not JSON. */
export interface JsonFault extends LineFault {
  /** From 1. Lines end with LF, CRLF or CR, as in an editor. */
  readonly line: number
  /** Further details: the text is empty, its bytes are no text, or a second value follows the first. */
  readonly kind?: 'empty' | 'foreign' | 'second'
}

/** The value of a text, or why it has none. */
export type ParsedJson<Fault = JsonFault> =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: Fault }

/**
 * Parses JSON as `JSON.parse` does, with or without a byte order mark. It also refuses numbers that are too large for
 * JavaScript, and more than 1000 levels. A fault contains its position, which is the same on every version of Node.
 */
export function parseJson(text: string): ParsedJson {
  return parseWith(text, faultIn)
}

/** The same for one line of a file, with or without its end. */
export function parseJsonLine(text: string): ParsedJson<LineFault> {
  return parseWith(text, faultInLine)
}

/** The same for a file: UTF-8, and at most {@link MOST_JSON_BYTES}. */
export function parseJsonFile(bytes: Uint8Array): ParsedJson {
  if (bytes.length > MOST_JSON_BYTES) return { kind: 'fault', fault: tooLarge(bytes) }
  const decoded = decodeText(bytes, { isStart: true })
  if (decoded.kind === 'text') return parseJson(decoded.text)
  return { kind: 'fault', fault: { ...faultIn(withoutMark(decoded.text), decoded), excerpt: '', kind: 'foreign' } }
}

/** Finds a name that occurs twice in the outermost object of a JSON file: `JSON.parse` only keeps the last value. */
export function repeatedName(bytes: Uint8Array): JsonFault | undefined {
  const json = withoutMark(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  const names = new Set<unknown>()
  let repeated: Stop | undefined
  const onName: OnName = (start, end) => {
    const name: unknown = JSON.parse(json.slice(start, end))
    if (names.has(name)) repeated ??= { offset: start, what: `the name ${JSON.stringify(name)} is there twice` }
    names.add(name)
  }
  scan(json, onName)
  return repeated && faultIn(json, repeated)
}

/** Describes a place in one line of a file. */
function faultInLine(text: string, { offset, what }: Stop): LineFault {
  return { column: offset + 1, what, excerpt: excerptOf(text, { start: 0, end: text.length, offset }) }
}

function parseWith<Fault>(text: string, faultAt: (json: string, stop: Stop) => Fault): ParsedJson<Fault> {
  const json = withoutMark(text)
  let value: unknown
  let stop: Stop | undefined
  try {
    value = JSON.parse(json)
    stop = refusedIn(json)
  } catch {
    stop = scan(json)
  }
  return stop === undefined ? { kind: 'value', value } : { kind: 'fault', fault: faultAt(json, stop) }
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function faultIn(text: string, { offset, what }: Stop): JsonFault {
  let [line, start] = [1, 0]
  for (const { index, 0: ending } of text.matchAll(/\r\n?|\n/g)) {
    if (index >= offset) break
    start = index + ending.length
    line++
  }
  const end = /[\r\n]/.exec(text.slice(offset, offset + EXCERPT_AFTER))?.index ?? EXCERPT_AFTER
  const column = offset - start + 1
  const kind = kindAt(text, offset)
  const excerpt = excerptOf(text, { start, end: offset + end, offset })
  return { line, column, what, excerpt, ...(kind !== undefined && { kind }) }
}

/** A second value follows where all that stands before it is one whole value. */
function kindAt(text: string, offset: number): JsonFault['kind'] {
  if (text.trim() === '') return 'empty'
  const before = text.slice(0, offset)
  const isSecond =
    VALUE_BEGINS.test(text.slice(offset, offset + 5)) && before.trim() !== '' && scan(before) === undefined
  return isSecond ? 'second' : undefined
}

const VALUE_BEGINS = /^(?:[[{"\d-]|true|false|null)/

function tooLarge(bytes: Uint8Array): JsonFault {
  const start = bytes.lastIndexOf(NEWLINE, MOST_JSON_BYTES - 1) + 1
  let line = 1
  for (let at = 0; at < start; at++) if (bytes[at] === NEWLINE) line++
  return { line, column: MOST_JSON_BYTES - start + 1, what: TOO_LARGE, excerpt: '' }
}

const NEWLINE = 10
const EXCERPT_BEFORE = 50
const EXCERPT_AFTER = 20

interface Place {
  readonly start: number
  readonly end: number
  readonly offset: number
}

function excerptOf(text: string, { start, end, offset }: Place): string {
  const from = Math.max(start, offset - EXCERPT_BEFORE)
  const before = (from > start ? '…' : '') + text.slice(from, offset)
  const shownLine = `${before}${text.slice(offset, Math.min(end, offset + EXCERPT_AFTER))}`
    .replace(UNSEEN, ' ')
    .trimEnd()
  return shownLine === '' ? '' : `${shownLine}\n${' '.repeat(before.length)}^`
}

/** Characters that would move the caret away from its place. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
