import { relative, sep } from 'node:path'
import type { Project } from '../project/project.ts'
import { type ReadSource, sourceReader } from '../project/source.ts'
import { type Link, linksOf, type Thrown } from '../runtime/thrown.ts'
import { drawCodeFrame, type Place, placeInCall } from './code-frame.ts'
import { type Colors, colorsOf, hang, type Screen, sentence } from './print.ts'

/** The options for drawing failures. */
export interface FailureOptions {
  readonly colors: Colors
  /** The way from where the user is to the topology's folder, which stacks are relative to: `examples/hello/`, or empty. */
  readonly folder: string
  /** Reads the file whose line failed; a stack names it relative to the topology's folder. */
  readonly sourceOf: ReadSource
  /** Columns before each line; default 2. */
  readonly margin?: number
  /** How many calls are shown of each stack; default 4. */
  readonly calls?: number
}

const SHOWN_CALLS = 4
const REMEMBERED_PLACES = 1000

/** Returns the options for drawing failures of a project. */
export function failureOptionsOf(
  terminal: Screen,
  { cwd }: { readonly cwd: string },
  project: Pick<Project, 'dir'> & Partial<Pick<Project, 'files'>>,
): FailureOptions {
  const way = relative(cwd, project.dir).split(sep).join('/')
  return { colors: colorsOf(terminal), folder: way === '' ? '' : `${way}/`, sourceOf: sourceReader(project) }
}

/**
 * Returns a function that draws failures: name and message, the line of the user's code that failed (once), and the
 * calls that led there. `asOfMs` is the time of the failure (milliseconds since 1970); default now.
 */
export function failuresDrawn({
  colors,
  folder,
  sourceOf,
  margin = 2,
  calls = SHOWN_CALLS,
}: FailureOptions): (error: Thrown, asOfMs?: number) => string {
  const framed = new Set<string>()
  const frameOnce = (place: Place, asOfMs: number): string => {
    const id = `${place.file}:${place.line}:${place.column}`
    if (framed.has(id) || framed.size >= REMEMBERED_PLACES) return ''
    framed.add(id)
    const source = sourceOf(place.file, asOfMs)
    const frame =
      source === undefined ? '' : drawCodeFrame(source, place, { ...colors, columns: colors.columns - margin - 2 })
    return frame === '' ? '' : indent(frame, margin + 2)
  }
  return (error, asOfMs = Number.POSITIVE_INFINITY) => {
    const head = indent(hang(`✗ ${remediedTitleOf(error)}`, '  ', colors.red), margin)
    if (error.stack === undefined) return head
    const links = linksOf(error)
    const place = links.flatMap(({ frames }) => frames.flatMap((frame) => placeInCall(frame) ?? []))[0]
    const way = wayOf(links, folder, calls).map((line) => indent(line, margin + 2, colors.dim))
    return `${head}${place === undefined ? '' : frameOnce(place, asOfMs)}${way.join('')}`
  }
}

/** `TypeError: boom`, or `[TIMEOUT] …` for what attak itself found. */
export function titleOf({ name, message, code }: Thrown): string {
  if (code !== undefined && name === 'AttakError') return `[${code}] ${message}`.trimEnd()
  return message === '' ? name : `${name}: ${message}`
}

/** The same, and what to do about it: `[INVOKE_REFUSED] … . Set invokes: ['bill'] on the processor "intake".` */
export function remediedTitleOf(error: Thrown): string {
  return error.remedy === undefined ? titleOf(error) : `${sentence(titleOf(error))} ${error.remedy}`
}

/** The lines below a title: the first calls of the error, and of what caused it, with that one's title. */
function wayOf(links: readonly Link[], folder: string, mostCalls: number): readonly string[] {
  return links.flatMap(({ title, frames }, index) => [
    ...(index === 0 ? [] : [hang(`Caused by: ${title}`, '  ')]),
    ...frames.slice(0, mostCalls).map((frame) => fromHere(frame.trim(), folder)),
  ])
}

function indent(text: string, columns: number, paint: (line: string) => string = String): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(columns)}${paint(line)}\n`)
    .join('')
}

/** Returns a call with its place relative to where the user is. Places of deployed functions are in folders of theirs. */
export function fromHere(call: string, folder: string): string {
  if (/^\s*at (.* \(|async )?\//.test(call)) return call
  return call.includes(' (') ? call.replace(' (', ` (${folder}`) : call.replace(/^\s*at (async )?/, `$&${folder}`)
}
