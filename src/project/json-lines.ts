import { errorOf, type Problem } from '../errors.ts'
import type { InputEvent } from '../topology/topology.ts'
import { faultOf, problemAt } from './events.ts'
import { parseJson } from './json.ts'
import { wholeLines } from './lines.ts'

/** How to read events from lines. */
export interface JsonLinesOptions {
  /** What holds them, as the user would say it: `events.jsonl`. */
  readonly where: string
  /** The processors that events can be for. */
  readonly processors: ReadonlySet<string>
  /** Whom bare events are for. Not given: each line is `{ to, event, key?, topic? }`. */
  readonly to?: string | undefined
  /** Called with each line that is no event; when it returns, the line is skipped. Not given: the first one is thrown. */
  readonly onBadLine?: (problem: Problem) => void
}

const MOST_EVENTS = 512

/**
 * Reads events from JSON lines, in lists of at most 512, in order; blank lines are none. Memory stays what one block and
 * one line need. Throws INPUT_INVALID naming the line.
 */
export async function* readJsonLines(
  blocks: AsyncIterable<Uint8Array | string>,
  options: JsonLinesOptions,
): AsyncGenerator<readonly InputEvent[], void, undefined> {
  let line = 0
  for await (const text of wholeLines(blocks)) {
    let events: InputEvent[] = []
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start)
      const end = newline < 0 ? text.length : newline
      const json = text.slice(start, end)
      start = end + 1
      line++
      const event = readEvent(json, options)
      if (event !== undefined) {
        if (events.push(event) < MOST_EVENTS) continue
        yield events
        events = []
        continue
      }
      const problem = problemOf(json, line, options)
      if (problem === undefined) continue
      if (options.onBadLine === undefined) {
        if (events.length > 0) yield events
        throw errorOf([problem])
      }
      options.onBadLine(problem)
    }
    if (events.length > 0) yield events
  }
}

function readEvent(json: string, { processors, to }: JsonLinesOptions): InputEvent | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (to !== undefined) return { to, event: value }
  return faultOf(value, processors) === undefined ? (value as InputEvent) : undefined
}

/** Undefined for a blank line. */
function problemOf(json: string, line: number, { where, processors }: JsonLinesOptions): Problem | undefined {
  if (json.trim() === '') return undefined
  const parsed = parseJson(json)
  if (parsed.kind === 'value') return problemAt(`${where}:${line}`, faultOf(parsed.value, processors)!)
  const { column, what, excerpt } = parsed.fault
  const remedy = 'Write one JSON value on each line, or go on past such lines with --skip-bad-lines.'
  return problemAt(`${where}:${line}:${column}`, { what: `not JSON: ${what}\n${excerpt}`, remedy })
}
