import picocolors from 'picocolors'
import type { AttakError, Problem } from '../errors.ts'
import type { Terminal } from './host.ts'

/** What paints text for one terminal; paints nothing where colour does not belong. */
export type Colors = ReturnType<typeof picocolors.createColors>

/** The colours of a terminal. */
export function colorsOf(terminal: Pick<Terminal, 'color'>): Colors {
  return picocolors.createColors(terminal.color)
}

/** All problems of an error, one block each: `[CODE] where: what. remedy`, and the user's own stack where there is one. */
export function drawError(error: AttakError, colors: Colors): string {
  if (error.problems.length > 0) return drawProblems(error.problems, colors)
  return line(error.code, 'error', `${sentence(error.message)} ${error.remedy}`, colors)
}

/** The same for problems that are no error yet. */
export function drawProblems(problems: readonly Problem[], colors: Colors): string {
  return problems.map((problem) => drawProblem(problem, colors)).join('')
}

/** What follows the first line of `what` is an excerpt of the place: it stands below, and the remedy before it. */
function drawProblem({ code, severity, where, what, remedy, stack }: Problem, colors: Colors): string {
  const [first = '', ...excerpt] = what.split('\n')
  const text = line(code, severity, `${colors.bold(where)}: ${sentence(first)} ${remedy}`, colors)
  const place = excerpt.join('') === '' ? '' : indent(excerpt.join('\n'), String)
  return `${text}${place}${stack === undefined ? '' : indent(stack.trimEnd(), colors.dim)}`
}

function line(code: string, severity: Problem['severity'], text: string, colors: Colors): string {
  const paint = severity === 'error' ? colors.red : colors.yellow
  return `${paint(`${severity === 'warning' ? 'warning ' : ''}[${code}]`)} ${text.trimEnd()}\n`
}

/** A text as a sentence: it ends with a full stop, unless it has an end of its own. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

function indent(text: string, paint: (line: string) => string): string {
  return text
    .split('\n')
    .map((each) => `    ${paint(each)}\n`)
    .join('')
}

/** A failure that is ours: its stack, and where to tell us. */
export function drawBug(error: unknown, colors: Colors, version: string): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${colors.red('This is a bug of attak, not of your code:')}\n${stack}\n\nPlease report it to attak's maintainers, with the lines above (attak ${version}).\n`
}

/** One JSON value on one line, for `--json`. */
export function drawJsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
