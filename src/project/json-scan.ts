import { isTextTooDeep, MOST_DEPTH } from '../runtime/depth.ts'
import { MAYBE_OUT_OF_RANGE } from '../runtime/range.ts'

/** Where scanning stopped, and why. */
export interface Stop {
  readonly offset: number
  readonly what: string
}

/** Receives the position of a name of the outermost object: where its quotes begin and end. */
export type OnName = (start: number, end: number) => void

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/** Slower than `MAYBE_OUT_OF_RANGE`, and matches fewer texts. */
const HUGE = /\d[eE]\+?\d{3,}[ \t\n\r]*(?:[,\]}]|$)|\d{200}/

/**
 * Returns why a text that `JSON.parse` accepts is refused: a number too large for JavaScript, which would become null
 * later, or too deep nesting. Without either, it takes a twentieth of the time of parsing.
 */
export function refusedIn(text: string): Stop | undefined {
  const isHuge = MAYBE_OUT_OF_RANGE.test(text) && HUGE.test(text)
  return isHuge || isTextTooDeep(text) ? scan(text) : undefined
}

/**
 * Finds the first place where a text is not JSON, is nested too deep, or has a number out of range; undefined if there
 * is none. It uses an explicit stack of open brackets, so depth costs no calls. Its time is proportional to the text.
 */
export function scan(text: string, onName?: OnName): Stop | undefined {
  const open: ('[' | '{')[] = []
  let at = skip(SPACE, text, 0)
  /** What the last token allows next. */
  let next: 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'separator' = 'value'
  for (;;) {
    const char = text[at]
    if (next === 'separator') {
      const top = open.at(-1)
      if (top === undefined) return at >= text.length ? undefined : expected('nothing more', text, at)
      if (char === closing(top)) {
        open.pop()
        at++
      } else if (char === ',') {
        next = top === '{' ? 'name' : 'value'
        at++
      } else return expected(`"," or "${closing(top)}"`, text, at)
    } else if (next === 'name' || next === 'nameOrEnd') {
      if (next === 'nameOrEnd' && char === '}') {
        open.pop()
        at++
        next = 'separator'
      } else {
        if (char !== '"') return expected('a property name in double quotes', text, at)
        const end = stringEnd(text, at)
        if (typeof end !== 'number') return end
        if (open.length === 1) onName?.(at, end)
        at = skip(SPACE, text, end)
        if (text[at] !== ':') return expected('":"', text, at)
        at++
        next = 'value'
      }
    } else if (next === 'valueOrEnd' && char === ']') {
      open.pop()
      at++
      next = 'separator'
    } else if (char === '{' || char === '[') {
      if (open.push(char) > MOST_DEPTH) return { offset: at, what: `nested more than ${MOST_DEPTH} levels deep` }
      at++
      next = char === '{' ? 'nameOrEnd' : 'valueOrEnd'
    } else {
      const end = scalarEnd(text, at)
      if (typeof end !== 'number') return end
      at = end
      next = 'separator'
    }
    at = skip(SPACE, text, at)
  }
}

function expected(what: string, text: string, offset: number): Stop {
  return { offset, what: `not JSON: expected ${what}, found ${foundAt(text, offset)}` }
}

/** The character at a place; as a number if it is invisible or easily confused with another. */
function foundAt(text: string, offset: number): string {
  const code = text.codePointAt(offset)
  if (code === undefined) return 'the end'
  const char = String.fromCodePoint(code)
  if (/^[\p{L}\p{N}\p{P}\p{S} ]$/u.test(char)) return JSON.stringify(char)
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

function closing(bracket: '[' | '{'): string {
  return bracket === '[' ? ']' : '}'
}

function scalarEnd(text: string, at: number): number | Stop {
  if (text[at] === '"') return stringEnd(text, at)
  const end = skip(NUMBER, text, at)
  if (end > at) {
    if (Number.isFinite(Number(text.slice(at, end)))) return end
    const number = end - at > MOST_SHOWN ? `${text.slice(at, at + MOST_SHOWN)}…` : text.slice(at, end)
    return { offset: at, what: `the number ${number} is out of range: the largest is 1.8e308` }
  }
  const wordEnd = skip(WORD, text, at)
  return wordEnd > at ? wordEnd : expected('a value', text, at)
}

const MOST_SHOWN = 20

const [QUOTE, BACKSLASH] = [34, 92]

/** Without a pattern, which would store a backtracking position for each escape, and there may be millions. */
function stringEnd(text: string, start: number): number | Stop {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) {
      const length = escapeLength(text, at)
      if (length === 0) return expected('an escape that JSON knows', text, at)
      at += length - 1
    } else if (Number.isNaN(code)) return expected('a closing quote', text, at)
    else if (code < FIRST_PRINTABLE) return expected('a character that may stand in a string', text, at)
  }
}

const FIRST_PRINTABLE = 0x20
const SHORT_ESCAPES = '"\\/bfnrt'
const LONG_ESCAPE = /\\u[0-9a-fA-F]{4}/y

/** Returns 0 if there is none. */
function escapeLength(text: string, at: number): number {
  const next = text[at + 1]
  if (next !== undefined && SHORT_ESCAPES.includes(next)) return 2
  return skip(LONG_ESCAPE, text, at) - at
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
