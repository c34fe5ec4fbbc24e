import type { Colors } from '../print.ts'

/** A place in a file, as a cleaned stack names it: relative to the topology's folder, line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The first place that a cleaned stack names, or undefined. */
export function placeOf(stack: string): Place | undefined {
  const [, file, line, column] = /^\s+at (?:.* \(|async )?([^()\n]+):(\d+):(\d+)\)?$/m.exec(stack) ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) }
}

/** The line of a place with a mark below its column, and two lines around it; empty when the source has no such line. */
export function drawCodeFrame(source: string, { line, column }: Place, colors: Colors): string {
  const lines = source.trimEnd().split(/\r?\n/)
  const first = Math.max(1, line - 2)
  const last = Math.min(lines.length, line + 2)
  const gutter = String(last).length
  const frame: string[] = []
  for (let at = first; at <= last; at++) {
    const text = lines[at - 1] ?? ''
    const number = String(at).padStart(gutter)
    if (at !== line) frame.push(colors.dim(`  ${number} | ${text}`.trimEnd()))
    else {
      frame.push(`${colors.red('>')} ${number} | ${text}`)
      frame.push(`  ${' '.repeat(gutter)} | ${indentOf(text, column)}${colors.red('^')}`)
    }
  }
  return line > lines.length ? '' : frame.join('\n')
}

/** Blanks up to a column, tabs kept so that the mark stands below its character. */
function indentOf(text: string, column: number): string {
  return text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
}
