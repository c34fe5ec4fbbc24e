import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FRAME = /^\s+at (?:(?<name>.+?) \()?(?<file>(?:file:\/\/)?(?:[A-Za-z]:)?[^():]*?):(?<line>\d+):(?<column>\d+)\)?$/
const ANY_FRAME = /^\s+at /
const OWN = fileURLToPath(import.meta.url).replace(/(project[/\\])?[^/\\]+$/, '')
const MOST_CAUSES = 3

/**
 * Gives an error's stack as its user should see it: what was thrown, then the frames in their own code, with paths
 * relative to `dir` and `/` between folders, so that it reads alike on every machine. Frames of Node, of packages and of
 * attak are left out; causes follow, with the frames not told before. Undefined when `error` is not an Error. Built modules show their sources where the
 * process has source maps switched on.
 */
export function cleanStack(error: unknown, dir: string): string | undefined {
  if (!(error instanceof Error)) return undefined
  const texts: string[] = []
  const told = new Set<string>()
  let one: unknown = error
  while (one instanceof Error && texts.length < MOST_CAUSES) {
    const frames = cleanFrames(one.stack ?? '', dir).filter((frame) => !told.has(frame))
    texts.push([titleOf(one), ...frames].join('\n'))
    for (const frame of frames) told.add(frame)
    one = one.cause
  }
  return texts.join('\nCaused by: ')
}

/** Does the same for a stack that is only text: what stands before its first frame stays as it is. */
export function cleanStackText(stack: string, dir: string): string {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => ANY_FRAME.test(line))
  const title = first < 0 ? lines : lines.slice(0, first)
  return [...title, ...cleanFrames(stack, dir)].join('\n')
}

function titleOf({ name, message }: Error): string {
  return message === '' ? name : `${name}: ${message}`
}

function cleanFrames(stack: string, dir: string): string[] {
  return stack.split('\n').flatMap((line) => (ANY_FRAME.test(line) ? (cleanFrame(line, dir) ?? []) : []))
}

function cleanFrame(line: string, dir: string): string | undefined {
  const { name, file, line: row, column } = FRAME.exec(line)?.groups ?? {}
  if (file === undefined || file.startsWith('node:')) return undefined
  const path = file.startsWith('file://') ? fileURLToPath(file.replace(/\?.*$/, '')) : file
  if (!isUsers(path)) return undefined
  const place = `${relative(dir, path).split(sep).join('/')}:${row}:${column}`
  const called = name?.replace(/^(async )?(?:Object|Module|Function|exports)\./, '$1').replace(/ \[as [^\]]+\]$/, '')
  return called === undefined || called.includes('<anonymous>') ? `    at ${place}` : `    at ${called} (${place})`
}

function isUsers(path: string): boolean {
  if (path === '' || path === '<anonymous>' || path.startsWith(OWN)) return false
  return !path.includes(`${sep}node_modules${sep}`) && !path.includes(`${sep}.cache${sep}attak${sep}`)
}
