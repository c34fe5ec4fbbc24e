/**
 * The most levels of arrays and objects in a value that attak takes in or sends on. JSON.parse of Node 20 reads any depth, but
 * its JSON.stringify overflows at 4,100 levels on an empty stack of 984 KB, and at 1,700 below 7,000 calls of a handler's own.
 * This leaves room for such calls, and for what a record adds around a value. Measured with Node 20.20, 2026-11-28.
 */
export const MOST_DEPTH = 1000

/** The reason for refusing a value that is nested too deeply. */
export const TOO_DEEP = `nests deeper than ${MOST_DEPTH} levels`

/** Whether a text that JSON.stringify gave nests deeper than `most` levels. Takes linear time, and no stack. */
export function isTextTooDeep(text: string, most = MOST_DEPTH): boolean {
  // A text of few brackets cannot, which most are: to find those takes a fraction of the time.
  return text.length > 2 * most && hasMore(text, most) && scan(text, most)
}

/** Whether a text has more than `most` opening brackets. */
function hasMore(text: string, most: number): boolean {
  let count = 0
  for (const open of '[{') {
    for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) if (++count > most) return true
  }
  return false
}

function scan(text: string, most: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === BRACKET || code === BRACE) {
      if (++depth > most) return true
    } else if (code === BRACKET_END || code === BRACE_END) depth--
  }
  return false
}

/** Returns the end of the JSON string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = end
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes--
    if ((end - escapes) % 2 === 0) return end
  }
  return text.length
}

const [QUOTE, BACKSLASH, BRACKET, BRACE, BRACKET_END, BRACE_END] = [...'"\\[{]}'].map((sign) => sign.charCodeAt(0))

/** Whether a value that JSON.parse gave nests deeper than `most` levels. A text of it takes three times as long to look at. */
export function isTooDeep(value: unknown, most = MOST_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (most === 0) return true
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (isTooDeep(value[index], most - 1)) return true
  } else {
    for (const name in value) if (isTooDeep((value as Record<string, unknown>)[name], most - 1)) return true
  }
  return false
}

/** A JSON text that may be sent on, as it is. Throws a RangeError where it nests too deep. */
export function checkedDepth<Text extends string | undefined>(text: Text): Text {
  if (text !== undefined && isTextTooDeep(text)) throw new RangeError(`the data ${TOO_DEEP}`)
  return text
}

/** Returns the beginning of a JSON value as text, to show what was wrong with it. Deeply nested parts are left out. */
export function excerptOf(value: unknown): string {
  return typeof value === 'string' ? cutText(value) : cutText(JSON.stringify(shallow(value, EXCERPT_LEVELS)) ?? '')
}

const EXCERPT_LEVELS = 20
const EXCERPT_CHARACTERS = 1000

function cutText(text: string): string {
  return text.length <= EXCERPT_CHARACTERS ? text : `${text.slice(0, EXCERPT_CHARACTERS)}…`
}

function shallow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return '…'
  if (Array.isArray(value)) return value.map((item) => shallow(item, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shallow(item, levels - 1)]))
}
