import type { AttakError, Problem } from '../errors.ts'
import { linksIn } from '../runtime/thrown.ts'
import { escapedJson, own, withOwnColors } from './controls.ts'
import { cutExcerpt } from './cut.ts'

/** SGR codes that begin and end a style. Source: ECMA-48, 8.3.117, read 2026-11-28. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

/** Paints text for one terminal; paints nothing where color does not belong. */
export interface Colors extends Readonly<Record<keyof typeof STYLES, (text: string) => string>> {
  /** Shows the colors that a text contains, such as a line of a handler's log; removes them if color is off. */
  readonly asLogged: (text: string) => string
  /** Columns that excerpts of code are cut to; infinite where the text is not for a terminal. */
  readonly columns: number
}

/** The properties of a terminal that {@link colorsOf} needs. */
export interface Screen {
  readonly color: boolean
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Returns the colors of a terminal. */
export function colorsOf({ color, isTTY = false, columns }: Screen): Colors {
  const paint = (style: keyof typeof STYLES) => (color ? painter(STYLES[style]) : String)
  return {
    ...{ bold: paint('bold'), dim: paint('dim'), red: paint('red') },
    ...{ green: paint('green'), yellow: paint('yellow'), cyan: paint('cyan') },
    asLogged: (text) => withOwnColors(text, color),
    columns: (isTTY ? columns : undefined) ?? Number.POSITIVE_INFINITY,
  }
}

/** A style that ends within a painted text begins again after it. */
function painter([first, last]: readonly [number, number]): (text: string) => string {
  const [begin, end] = [own(`\x1b[${first}m`), own(`\x1b[${last}m`)]
  return (text) => `${begin}${text.replaceAll(end, `${end}${begin}`)}${end}`
}

/** All problems of an error, one block each: `[CODE] where: what. remedy`, and the user's own stack where there is one. */
export function drawError(error: AttakError, colors: Colors): string {
  if (error.problems.length > 0) return drawProblems(error.problems, colors)
  return line(error.code, 'error', `${sentence(error.message)} ${error.remedy}`, colors)
}

/** The same for problems that are no error yet. `below`: each remedy is on a separate line. */
export function drawProblems(problems: readonly Problem[], colors: Colors, remedies?: 'below'): string {
  return problems.map((problem) => drawProblem(problem, colors, remedies)).join('')
}

const BAR_COLUMNS = 6

/** Lines of `what` after the first, such as an excerpt of a file, are printed below the remedy. */
function drawProblem(
  { code, severity, where, what, remedy, stack }: Problem,
  colors: Colors,
  remedies: 'below' | undefined,
): string {
  const [first = '', ...rest] = what.split('\n')
  const more = rest.join('') === '' ? [] : rest
  const isBelow = remedies === 'below' && remedy !== ''
  const head = `${colors.bold(where)}: ${sentence(first)} ${isBelow ? '' : remedy}`.trimEnd()
  const text = line(code, severity, [head, ...cutExcerpt(more, colors.columns - BAR_COLUMNS)].join('\n'), colors)
  const below = isBelow ? `    ${hang(remedy, '    ', colors.dim)}\n` : ''
  return `${text}${below}${stack === undefined ? '' : drawStack(stack.trimEnd(), colors)}`
}

function line(code: string, severity: Problem['severity'], text: string, colors: Colors): string {
  const paint = severity === 'error' ? colors.red : colors.yellow
  return `${paint(`${severity === 'warning' ? 'warning ' : ''}[${code}]`)} ${hang(text.trimEnd())}\n`
}

/**
 * Returns a text whose lines after the first begin with `indent` and `│ `: a text that is not attak's own, such as the
 * message of an error, may hold lines that look like attak's. `paint` is applied to each line.
 */
export function hang(text: string, indent = '    ', paint: (line: string) => string = String): string {
  return text.split('\n').map(paint).join(`\n${indent}│ `)
}

/** Returns a text as a sentence: adds a full stop, unless it ends with punctuation. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

function drawStack(stack: string, colors: Colors): string {
  const lines = linksIn(stack).flatMap(({ title, frames }, index) => [
    ...(index > 0 || title !== '' ? [hang(index === 0 ? title : `Caused by: ${title}`, '      ', colors.dim)] : []),
    ...frames.map(colors.dim),
  ])
  return lines.map((each) => `    ${each}\n`).join('')
}

/** Draws a failure of attak itself: its stack, and where to report it. */
export function drawBug(error: unknown, colors: Colors, version: string): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${colors.red('This is a bug of attak, not of your code:')}\n${hang(stack)}\n\nPlease report it to attak's maintainers, with the lines above (attak ${version}).\n`
}

/** One JSON value on one line, for `--json`. */
export function drawJsonLine(value: unknown): string {
  return `${jsonText(value)}\n`
}

/** A value as JSON without control characters, which a terminal may print. */
export function jsonText(value: unknown, indent?: number): string {
  return escapedJson(JSON.stringify(value, undefined, indent) ?? '')
}
