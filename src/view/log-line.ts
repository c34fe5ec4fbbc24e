import { INVOKE_TOPIC } from '../runtime/invoke.ts'
import { linksOf, stackOfLinks, thrownIn } from '../runtime/thrown.ts'
import { drawDuration } from './duration.ts'
import { remediedTitleOf, titleOf } from './failure.ts'
import type { LogEntry } from './log-entry.ts'
import { type Colors, hang, jsonText } from './print.ts'
import { drawWord } from './value.ts'

/** How entries are drawn. */
export interface EntryOptions {
  /** Columns of the longest name of a processor. */
  readonly width: number
  readonly colors: Colors
  /** Of ids, show the first digits of the trace alone. */
  readonly short?: boolean
}

/** Draws an entry as one line, or several where it holds several: `13:05:02.123 reverse  olleh`. */
export function drawEntry(entry: LogEntry, { width, colors, short = false }: EntryOptions): string {
  const time = colors.dim(new Date(entry.timeMs).toISOString().slice(11, 23))
  const name = colors.bold(drawWord(entry.processor).padEnd(width))
  const paint = PAINT[entry.level] === undefined ? String : colors[PAINT[entry.level]!]
  // Only text that a handler wrote contains colors.
  const show = entry.kind === 'log' ? colors.asLogged : String
  const text = hang(textOf(entry, short), ' '.repeat(12 + 1 + width), (line) => paint(show(line)))
  return `${time} ${name}  ${text}\n`
}

const PAINT = { debug: 'dim', info: undefined, warn: 'yellow', error: 'red' } as const

function textOf({ kind, fields, ...ids }: LogEntry, short: boolean): string {
  const [message = '', root = ''] = [ids.message, ids.root].map((id) => drawWord(String(id)))
  if (kind === 'log') return String(fields.text)
  if (kind === 'output') return `→ ${drawWord(String(fields.topic))}${dataOf(fields)}`
  const told =
    kind === 'end' ? `${sayOutcome(fields)}${dataOf(fields)}` : `failed for good: ${sayError(fields.error, true)}`
  // A message text of attak contains the id itself.
  if (short && (kind === 'end' || kind === 'error'))
    return told.replace(/\n|$/, (end) => ` · ${root.slice(0, 8)}${end}`)
  const known = told.includes(`(message ${message})`) ? ` (trace ${root})` : ` (message ${message}, trace ${root})`
  if (kind === 'end' || kind === 'error') return told.replace(/\n|$/, (end) => `${known}${end}`)
  return typeof fields.text === 'string' ? fields.text.trimEnd() : jsonText(fields)
}

/** `handled order from intake, attempt 2`, `failed order from intake: TypeError: no total`. */
function sayOutcome({ outcome, topic, from, attempt, error, tookMs }: LogEntry['fields']): string {
  const what = topic === undefined ? '' : topic === INVOKE_TOPIC ? ' an invoke' : ` ${drawWord(String(topic))}`
  const tried = typeof attempt === 'number' && attempt > 1 ? `, attempt ${attempt}` : ''
  const event = `${what}${from === undefined ? '' : ` from ${drawWord(String(from))}`}${tried}`
  if (outcome === 'skipped') return `skipped${event}: it was handled before`
  const took = typeof tookMs === 'number' ? ` in ${drawDuration(tookMs)}` : ''
  return outcome === 'ok' ? `handled${event}${took}` : `${String(outcome)}${event}: ${sayError(error, false)}`
}

/** Returns the emitted or handled data, if the line contains it. */
function dataOf(fields: LogEntry['fields']): string {
  return 'data' in fields ? ` ${jsonText(fields.data)}` : ''
}

function sayError(error: unknown, withStack: boolean): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const thrown = thrownIn(error)
  if (!withStack) return titleOf(thrown)
  const [own, ...causes] = linksOf(thrown)
  const below = stackOfLinks([{ title: '', frames: own!.frames }, ...causes])
  return `${remediedTitleOf(thrown)}${below === '' ? '' : `\n${below}`}`
}
