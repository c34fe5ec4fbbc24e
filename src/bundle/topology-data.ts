/**
 * Takes the plain data out of a topology's module: what functions do not need at run time, since it is baked into their
 * artifacts. So an edit of a stream or of a setting leaves the code of all other functions as it was. Blanks replace
 * what is taken out, so that lines and columns stay.
 *
 * Handles `export default { … }` and `export default defineTopology({ … })`, whose object no other code can refer to. Of it,
 * of its processors, and of each processor that is written as an object, properties go whose value is a literal: a text, a
 * number, true, false, null, or lists and objects of those. Comments between properties go too. Everything else stays, and so
 * does the whole text where it cannot be read.
 */
export function withoutData(source: string): string {
  const start = /^export default\s+(?:defineTopology\s*\(\s*)?\{/m.exec(source)
  if (start === null) return source
  const text = source.split('')
  const open = start.index + start[0].length - 1
  const topology = propertiesOf(source, open)
  const processors = topology?.find(({ key }) => key === 'processors')
  if (topology === undefined || processors === undefined || source[processors.from] !== '{') return source
  const listed = propertiesOf(source, processors.from)
  if (listed === undefined) return source
  const inside = listed.flatMap(({ from }) => (source[from] === '{' ? (propertiesOf(source, from) ?? []) : []))
  const gone = [
    ...topology.filter(({ key }) => key !== 'processors' && key !== 'processor' && key !== 'name'),
    ...listed,
    ...inside.filter(({ key }) => key !== 'handler' && key !== 'path' && key !== 'source'),
  ]
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at++) if (text[at] !== '\n' && text[at] !== '\r') text[at] = ' '
  }
  for (const { start: first } of [...topology, ...listed, ...inside]) blank(first, skipComments(source, first))
  for (const { start: first, from, to, end } of gone) if (isLiteral(source.slice(from, to))) blank(first, end)
  return text.join('')
}

/** A property of an object as it is written. */
interface Property {
  readonly key: string
  /** Where it starts, and where it ends with the comma behind it. */
  readonly start: number
  readonly end: number
  /** Where its value starts and ends. */
  readonly from: number
  readonly to: number
}

const KEY = /\s*(?:([A-Za-z_$][\w$]*)|'([^'\\\n]*)'|"([^"\\\n]*)")\s*:\s*/y

/** The properties of the object that opens at `open`, those that have a key and a value; undefined where it cannot be read. */
function propertiesOf(source: string, open: number): readonly Property[] | undefined {
  const properties: Property[] = []
  for (let start = open + 1; ; ) {
    const end = endOfItem(source, start)
    if (end === undefined) return undefined
    KEY.lastIndex = skipComments(source, start)
    const found = KEY.exec(source)
    if (found !== null && KEY.lastIndex <= end) {
      const to = source.slice(0, end).trimEnd().length
      const key = found[1] ?? found[2] ?? found[3] ?? ''
      properties.push({ key, start, from: KEY.lastIndex, to, end: source[end] === ',' ? end + 1 : end })
    }
    if (source[end] !== ',') return properties
    start = end + 1
  }
}

/** Where an item of a list or an object ends: the next comma or closing bracket outside of all brackets; undefined if unread. */
function endOfItem(source: string, start: number): number | undefined {
  const open: string[] = []
  for (let at = start; at < source.length; ) {
    const next = skipToken(source, at)
    if (next === undefined) return undefined
    if (next > at + 1) {
      at = next
      continue
    }
    const char = source[at]!
    if (open.length === 0 && (char === ',' || CLOSING.has(char))) return at
    if (char in BRACKETS) open.push(BRACKETS[char]!)
    else if (CLOSING.has(char) && open.pop() !== char) return undefined
    at++
  }
  return undefined
}

const BRACKETS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
const CLOSING: ReadonlySet<string> = new Set(Object.values(BRACKETS))
const TEXT = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
/** After these a slash starts a regular expression; after anything else it may divide, and the text counts as unread. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+>]|\breturn|\bcase|\btypeof)\s*$/

/** The place behind a text, a comment, a template or a regular expression; the next place for anything else. */
function skipToken(source: string, at: number): number | undefined {
  const char = source[at]
  if (char === "'" || char === '"') return matched(TEXT, source, at)
  if (char === '`') return endOfTemplate(source, at)
  if (char !== '/') return at + 1
  const comment = matched(COMMENT, source, at)
  if (comment !== undefined) return comment
  if (BEFORE_REGEX.test(source.slice(Math.max(0, at - 40), at))) return matched(REGEX, source, at)
  const isDivision = source[at + 1] === ' ' ? /[\w)\]]\s*$/ : /[\w\]]$/
  return isDivision.test(source.slice(Math.max(0, at - 40), at)) ? at + 1 : undefined
}

function matched(pattern: RegExp, source: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(source) ? pattern.lastIndex : undefined
}

function endOfTemplate(source: string, start: number): number | undefined {
  for (let at = start + 1; at < source.length; ) {
    const char = source[at]
    if (char === '`') return at + 1
    if (char === '\\') at += 2
    else if (char === '$' && source[at + 1] === '{') {
      let end = endOfItem(source, at + 2)
      while (end !== undefined && source[end] === ',') end = endOfItem(source, end + 1)
      if (end === undefined || source[end] !== '}') return undefined
      at = end + 1
    } else at++
  }
  return undefined
}

function skipComments(source: string, start: number): number {
  let at = start
  for (;;) {
    while (/\s/.test(source[at] ?? '')) at++
    const next = matched(COMMENT, source, at)
    if (next === undefined) return at
    at = next
  }
}

const LITERAL_TOKENS = new RegExp(
  `${TEXT.source}|${COMMENT.source}|-?(?:\\d[\\d_]*(?:\\.\\d+)?)|\\b(?:true|false|null|undefined)\\b|[A-Za-z_$][\\w$]*(?=\\s*:)|[\\s\\[\\]{},:]`,
  'g',
)

/** Whether a value is written out in full: nothing is called, named or computed in it. */
function isLiteral(value: string): boolean {
  return value.replace(LITERAL_TOKENS, '') === ''
}
