/** Where and why a text is not JSON. */
export interface JsonFault {
  /** Index into the text. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** `expected "," or "}", found "b"`. */
  readonly what: string
  /** The line and a caret below the place, to print as it is. */
  readonly excerpt: string
}

/** What a text says, or why it says nothing. */
export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: JsonFault }

/** Parses JSON, with or without a byte order mark; a fault says where it is, alike on every version of Node. */
export function parseJson(text: string): ParsedJson {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  try {
    return { kind: 'value', value: JSON.parse(json) as unknown }
  } catch {
    return { kind: 'fault', fault: faultOf(json) }
  }
}

const EXCERPT_BEFORE = 50
const EXCERPT_AFTER = 20

function faultOf(text: string): JsonFault {
  const { offset, expected } = scan(text)
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(0, start).split('\n').length
  const column = offset - start + 1
  const found = offset >= text.length ? 'the end' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!))
  return { offset, line, column, what: `expected ${expected}, found ${found}`, excerpt: excerptOf(text, start, offset) }
}

function excerptOf(text: string, start: number, offset: number): string {
  const lineEnd = text.indexOf('\n', offset)
  const from = Math.max(start, offset - EXCERPT_BEFORE)
  const to = Math.min(lineEnd < 0 ? text.length : lineEnd, offset + EXCERPT_AFTER)
  const before = (from > start ? '…' : '') + text.slice(from, offset)
  const shownLine = `${before}${text.slice(offset, to)}`.replace(/[\r\t]/g, ' ')
  return shownLine.trim() === '' ? '' : `${shownLine}\n${' '.repeat(before.length)}^`
}

/** Where scanning stopped; `expected` is what would have gone on. */
interface Stop {
  readonly offset: number
  readonly expected: string
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows no control characters in strings.
const STRING_PART = /[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y
const WORD = /true|false|null/y

/**
 * Finds where a text stops being JSON. It keeps its own stack of open brackets, so depth costs no calls.
 * `after` is what the last token allows next: a value, a property name, or a separator.
 */
function scan(text: string): Stop {
  const open: ('[' | '{')[] = []
  let at = skip(SPACE, text, 0)
  let next: 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'separator' = 'value'
  for (;;) {
    const char = text[at]
    if (next === 'separator') {
      const top = open.at(-1)
      if (top === undefined) return { offset: at, expected: 'nothing more' }
      if (char === closing(top)) {
        open.pop()
        at++
      } else if (char === ',') {
        next = top === '{' ? 'name' : 'value'
        at++
      } else return { offset: at, expected: `"," or "${closing(top)}"` }
    } else if (next === 'name' || next === 'nameOrEnd') {
      if (next === 'nameOrEnd' && char === '}') {
        open.pop()
        at++
        next = 'separator'
      } else {
        if (char !== '"') return { offset: at, expected: `a property name in double quotes` }
        const end = stringEnd(text, at)
        if (typeof end !== 'number') return end
        at = skip(SPACE, text, end)
        if (text[at] !== ':') return { offset: at, expected: '":"' }
        at++
        next = 'value'
      }
    } else if (next === 'valueOrEnd' && char === ']') {
      open.pop()
      at++
      next = 'separator'
    } else if (char === '{' || char === '[') {
      open.push(char)
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

function closing(bracket: '[' | '{'): string {
  return bracket === '[' ? ']' : '}'
}

function scalarEnd(text: string, at: number): number | Stop {
  if (text[at] === '"') return stringEnd(text, at)
  const end = Math.max(skip(NUMBER, text, at), skip(WORD, text, at))
  return end > at ? end : { offset: at, expected: 'a value' }
}

function stringEnd(text: string, at: number): number | Stop {
  const end = skip(STRING_PART, text, at + 1)
  if (text[end] === '"') return end + 1
  if (text[end] === '\\') return { offset: end, expected: 'an escape that JSON knows' }
  return { offset: end, expected: end >= text.length ? 'a closing quote' : 'a character that may stand in a string' }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
