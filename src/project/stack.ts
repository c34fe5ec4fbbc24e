import { isAbsolute, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromArtifact, LACKING } from '../code/places.ts'
import { describeThrown, linksIn, stackOfLinks, type Thrown } from '../runtime/thrown.ts'

const PARTS =
  /^\s+at (?:(?<name>.+?) \(|async )?(?<file>(?:file:\/\/)?(?:[A-Za-z]:)?[^():]*?):(?<line>\d+):(?<column>\d+)\)?$/
/** The most calls that are shown of a stack. Errors store more, because Node's and attak's calls are among those. */
const MOST_CALLS = 50
const OWN = fileURLToPath(import.meta.url).replace(/(project[/\\])?[^/\\]+$/, '')

/**
 * Returns an error's stack as its user should see it: what was thrown, then the frames in the user's code. Paths are
 * relative to `dir`, with `/` between folders, so that it is the same on every machine. Frames of Node, packages and
 * attak are left out. Causes follow, without the frames already shown. Undefined when `error` is not an Error, or has
 * no stack. Built modules show their sources if the process has source maps switched on.
 */
export function cleanStack(error: unknown, dir: string): string | undefined {
  const { stack } = describeThrown(error)
  return stack === undefined ? undefined : cleanStackText(stack, dir)
}

/** Returns a described error with its stack cleaned in the same way. */
export function cleanThrown({ stack, ...thrown }: Thrown, dir: string): Thrown {
  const message = fromArtifact(thrown.message)
  const isLacking = thrown.code === 'ENOENT' && message !== thrown.message
  return {
    ...{ ...thrown, message },
    ...(isLacking && { remedy: LACKING }),
    ...(stack !== undefined && { stack: fromArtifact(cleanStackText(stack, dir)) }),
  }
}

/** Does the same for a stack as `describeThrown` writes it, or for calls alone. */
export function cleanStackText(stack: string, dir: string): string {
  const links = linksIn(stack)
  return stackOfLinks(
    links.map(({ title, frames }) => {
      const cleaned = frames.flatMap((frame) => cleanFrame(frame, dir) ?? [])
      return { title, frames: cleaned.slice(0, MOST_CALLS) }
    }),
  )
}

/**
 * The place of a stack's first call, in the form of `cleanStack`: `lib/debounce.js:3:5`. Calls of Node and of native
 * functions are skipped. Undefined if it is in a package or in attak.
 */
export function placeOfFirstCall(stack: string, dir: string): string | undefined {
  for (const line of stack.split('\n')) {
    const file = PARTS.exec(line)?.groups?.file
    if (file === undefined || file.startsWith('node:')) continue
    return /(?:\(|at (?:async )?)([^()]*?)\)?$/.exec(cleanFrame(line, dir) ?? '')?.[1]
  }
  return undefined
}

/** Whether a module that runs is a project's own, and neither of a package nor of attak; built, it lies in a cache. */
export function isUsersFile(file: string): boolean {
  const path = file.startsWith('node:') ? undefined : pathOf(file)
  if (path === undefined) return false
  return isUsers(path.replace(/^.*[/\\]\.cache[/\\]attak[/\\]/, sep))
}

/** Returns the name of the project's function that threw, if Node called it: `stream.Readable.on`. */
export function calledByNode(error: unknown): string | undefined {
  const [link] = linksIn(describeThrown(error).stack ?? '')
  const [first = '', caller = ''] = link?.frames ?? []
  const { file, name } = PARTS.exec(first)?.groups ?? {}
  if (file === undefined || !isUsersFile(file) || !/[( ]node:/.test(caller)) return undefined
  return name ?? 'function'
}

function cleanFrame(line: string, dir: string): string | undefined {
  const { name, file, line: row, column } = PARTS.exec(line)?.groups ?? {}
  if (file === undefined || file.startsWith('node:')) return undefined
  const path = pathOf(file)
  if (path === undefined || !isUsers(path)) return undefined
  const shown = isAbsolute(path) ? relative(dir, path).split(sep).join('/') : path
  const place = `${shown}:${row}:${column}`
  const called = name?.replace(/^(async )?(?:Object|Module|Function|exports)\./, '$1').replace(/ \[as [^\]]+\]$/, '')
  return called === undefined || called.includes('<anonymous>') ? `    at ${place}` : `    at ${called} (${place})`
}

/** Undefined for an address that is no file of this machine. */
function pathOf(file: string): string | undefined {
  if (!file.startsWith('file://')) return file
  try {
    return fileURLToPath(file.replace(/\?.*$/, ''))
  } catch {
    return undefined
  }
}

function isUsers(path: string): boolean {
  if (path === '' || path === '<anonymous>' || path.startsWith(OWN)) return false
  if (/[/\\](?:attak-packages[/\\]|attak-require\.cjs$)/.test(path)) return false
  return !path.includes(`${sep}node_modules${sep}`) && !path.includes(`${sep}.cache${sep}attak${sep}`)
}
