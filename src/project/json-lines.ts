import { errorOf, type Problem } from '../errors.ts'
import type { InputEvent } from '../topology/topology.ts'
import { faultOf, problemAt } from './events.ts'
import { type LineFault, parseJsonLine } from './json.ts'
import { type LineLimits, wholeLines } from './lines.ts'

/** How to read events from lines. */
export interface JsonLinesOptions {
  /** The source of the lines, as shown to the user: `events.jsonl`. */
  readonly where: string
  /** The processors that events can be for. */
  readonly processors: ReadonlySet<string>
  /** The processor that receives bare events. Not given: each line is `{ to, event, key?, topic? }`. */
  readonly to?: string | undefined
  /** Each line is an event itself, as text; blank lines too. Needs `to`. */
  readonly isText?: boolean | undefined
  /**
   * Called with each line that is no event; when it returns, the line is skipped. Not given: the first one is thrown. A line
   * without end is always thrown.
   */
  readonly onBadLine?: (problem: Problem, line: number) => void
  /** Shorter lines than usual: for tests. */
  readonly limits?: LineLimits
}

const MOST_EVENTS = 512

/**
 * Reads events from JSON lines, in lists of at most 512, in order; lines of white space hold none. A line ends with LF or
 * CRLF. Memory stays what one block and one line need. Throws INPUT_INVALID naming the line, after the events before it.
 */
export async function* readJsonLines(
  blocks: AsyncIterable<Uint8Array | string>,
  options: JsonLinesOptions,
): AsyncGenerator<readonly InputEvent[], void, undefined> {
  let line = 0
  for await (const text of wholeLines(blocks, options.limits)) {
    if (typeof text !== 'string') {
      // The line that proves to be endless is the one that was too long.
      if (!text.isEndless) line++
      const problem = problemOfLine(line, text, options)
      if (options.onBadLine === undefined || text.isEndless) throw errorOf([problem])
      options.onBadLine(problem, line)
      continue
    }
    let events: InputEvent[] = []
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start)
      const end = newline < 0 ? text.length : newline
      const json = text.slice(start, end)
      start = end + 1
      line++
      const read = readEvent(json, line, options)
      if (read === undefined) continue
      if ('to' in read) {
        if (events.push(read) < MOST_EVENTS) continue
        yield events
        events = []
      } else if (options.onBadLine === undefined) {
        if (events.length > 0) yield events
        throw errorOf([read])
      } else options.onBadLine(read, line)
    }
    if (events.length > 0) yield events
  }
}

/** Undefined for a blank line. */
function readEvent(json: string, line: number, options: JsonLinesOptions): InputEvent | Problem | undefined {
  if (options.isText) return { to: options.to!, event: json.replace(line === 1 ? /^\ufeff|\r$/g : /\r$/, '') }
  const parsed = parseJsonLine(json)
  if (parsed.kind === 'fault') return BLANK.test(json) ? undefined : problemOfLine(line, parsed.fault, options)
  const { to, where, processors } = options
  if (to !== undefined) return { to, event: parsed.value }
  const fault = faultOf(parsed.value, processors)
  return fault === undefined ? (parsed.value as InputEvent) : problemAt(`${where}:${line}`, fault)
}

const BLANK = /^\ufeff?[ \t\r]*$/

function problemOfLine(line: number, { column, what, excerpt }: LineFault, { where }: JsonLinesOptions): Problem {
  // For another format, the message contains the remedy.
  const remedy = what.startsWith('this is ')
    ? ''
    : 'Write one JSON value on each line, read plain text with --lines, or skip such lines with --skip-bad-lines.'
  return problemAt(`${where}:${line}:${column}`, { what: `${what}\n${excerpt}`, remedy })
}
