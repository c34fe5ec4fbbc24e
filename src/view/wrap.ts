import { shownText } from './controls.ts'
import { widthOf } from './width.ts'

/** A terminal that is narrower gets lines of this many columns. */
const LEAST_COLUMNS = 20
const HANG_COLUMNS = 4
/** Blanks, the bar before foreign text, and a sign such as `✗`. */
const LEAD = /^ *(?:│ |[✓✗!↻→⇒↩…] (?=\S))?/

/**
 * Breaks the lines of a text between words, so that each takes at most `columns`. A continuation is indented below the
 * text of its line, or of the line's last column. A longer word, such as a path, is not broken.
 */
export function wrapLines(text: string, columns: number): string {
  const room = Math.max(columns, LEAST_COLUMNS)
  return text
    .split('\n')
    .map((line) => wrapLine(line, room))
    .join('\n')
}

function wrapLine(line: string, columns: number): string {
  if (shownWidth(line) <= columns) return line
  const hanging = hangingOf(line, columns)
  const lines: string[] = []
  let current = ''
  let width = 0
  for (const [spaced] of line.matchAll(/ *[^ ]+/g)) {
    const added = shownWidth(spaced)
    if (width + added > columns && /[^ ]/.test(current)) {
      lines.push(current)
      const word = spaced.replace(/^ +/, '')
      current = hangingFor(word, hanging, columns) + word
      width = shownWidth(current)
    } else {
      current += spaced
      width += added
    }
  }
  return [...lines, current].join('\n')
}

/** A word that does not fit below the last column is indented less. */
function hangingFor(word: string, hanging: string, columns: number): string {
  if (hanging.includes('│')) return hanging
  return hanging.slice(0, Math.max(HANG_COLUMNS, columns - shownWidth(word)))
}

/**
 * Returns the indent of a line's continuations. A line with columns, two blanks apart, continues below the last of
 * them.
 */
function hangingOf(line: string, columns: number): string {
  const plain = shownText(line)
  const [lead] = LEAD.exec(plain)!
  if (lead.includes('│')) return lead
  const head = plain.slice(0, Math.floor(columns / 2))
  const column = head.slice(lead.length).search(/(?<=\S {2,})\S(?!.*\S {2,}\S)/)
  if (column > 0) return ' '.repeat(widthOf(plain.slice(0, lead.length + column)))
  return ' '.repeat(lead.trim() === '' ? lead.length + HANG_COLUMNS : widthOf(lead))
}

function shownWidth(text: string): number {
  return widthOf(shownText(text))
}
