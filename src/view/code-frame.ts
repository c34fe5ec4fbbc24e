import { visible } from './controls.ts'
import { cutLine, firstShown } from './cut.ts'
import type { Colors } from './print.ts'
import { widthOf } from './width.ts'

/** A place in a file, as a cleaned stack names it: relative to the topology's folder, line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Returns the place that a call of a cleaned stack names; undefined where it names none. */
export function placeInCall(frame: string): Place | undefined {
  const [, file, line, column] = /^\s+at (?:.* \(|async )?([^()]+):(\d+):(\d+)\)?$/.exec(frame) ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) }
}

/**
 * The line of a place with a mark below its column, and two lines around it; empty when the source has no such line. Lines are
 * cut to the columns of the terminal.
 */
export function drawCodeFrame(source: string, { line, column }: Place, colors: Colors): string {
  const lines = source.trimEnd().split(/\r?\n/)
  const first = Math.max(1, line - 2)
  const last = Math.min(lines.length, line + 2)
  const gutter = String(last).length
  const room = Math.max(LEAST_ROOM, colors.columns - gutter - 5)
  const before = cutAround(lines[line - 1] ?? '', column).slice(0, Math.min(column - 1, KEPT_BEFORE))
  const marked = widthOf(asShown(before))
  const from = firstShown(marked, room)
  const frame: string[] = []
  for (let at = first; at <= last; at++) {
    const text = cutLine(asShown(cutAround(lines[at - 1] ?? '', column)), from, room)
    const number = String(at).padStart(gutter)
    if (at !== line) frame.push(colors.dim(`  ${number} | ${text}`.trimEnd()))
    else {
      frame.push(`${colors.red('>')} ${number} | ${text}`)
      frame.push(`  ${' '.repeat(gutter)} | ${' '.repeat(marked - from)}${colors.red('^')}`)
    }
  }
  return line > lines.length ? '' : frame.join('\n')
}

/** Characters that are shown of a long line before and after the column. */
const KEPT_BEFORE = 120
const KEPT_AFTER = 120
/** Columns that are shown however narrow the terminal is. */
const LEAST_ROOM = 10

function cutAround(line: string, column: number): string {
  const start = Math.max(0, column - 1 - KEPT_BEFORE)
  const end = start + KEPT_BEFORE + KEPT_AFTER
  const cut = line.slice(start, end)
  return `${start > 0 && cut !== '' ? `…${cut.slice(1)}` : cut}${end < line.length ? '…' : ''}`
}

/** Without tabs, whose columns depend on where they stand. */
function asShown(code: string): string {
  return visible(code.replaceAll('\t', '    '))
}
