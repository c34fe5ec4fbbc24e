import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type AttakError, errorOf } from '../errors.ts'
import { decodeText } from '../runtime/utf8.ts'
import { packageFolder } from './find.ts'
import { isFile, isSpecial, isTooLarge, TOO_LARGE_FILE } from './modules.ts'
import { KNOWN_VARIABLES } from './setting-list.ts'

/** The environment of a project: what the process has, and what its `.env` adds. */
export interface Environment {
  /** Variables that `.env` sets and the process does not: set them in `process.env` for handlers. */
  readonly added: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the `.env` of the project of the topology `file`: the nearest one from its folder up to that of its
 * package.json. Variables of the process take precedence. A setting of attak or AWS that is empty there counts as not
 * set. Throws USAGE for a pipe, a socket or a device, and for text that is not UTF-8: ignoring the file could change
 * where a deploy goes. Calls `onFile` with the absolute path of that `.env` before it reads it.
 */
export async function loadEnvironment(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  onFile: (file: string) => void = () => {},
): Promise<Environment> {
  const found = nearestDotenv(dirname(file), packageFolder(file))
  if (found === undefined) return { added: {}, variables: env }
  onFile(found)
  // Bundled, a CommonJS module that is loaded when needed has a default export alone.
  const { parse } = (await import('dotenv')).default
  const entries = Object.entries(parse(textOf(found))).filter(
    ([name, value]) => env[name] === undefined && (value !== '' || !KNOWN_VARIABLES.includes(name)),
  )
  const added = Object.freeze(Object.fromEntries(entries))
  return { added, variables: { ...env, ...added } }
}

function textOf(file: string): string {
  if (isSpecial(file)) {
    const remedy = 'Put a regular file there, or set its variables in the shell: set -a; . ./.env; set +a'
    throw refused(file, 'this is a pipe, a socket or a device', remedy)
  }
  if (isTooLarge(file)) throw refused(file, `is ${TOO_LARGE_FILE}`, 'Put a smaller file there, or remove it.')
  const decoded = decodeText(readFileSync(file), { isStart: true })
  if (decoded.kind === 'text') return decoded.text
  throw refused(file, decoded.what, 'Correct that file, or remove it.')
}

function nearestDotenv(from: string, last: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, '.env')
    if (isFile(file) || (isSpecial(file) && realpathSync(file) !== '/dev/null')) return file
    if (folder === last || folder === dirname(folder)) return undefined
  }
}

function refused(where: string, what: string, remedy: string): AttakError {
  return errorOf([{ code: 'USAGE', severity: 'error', where, what, remedy, inFile: true }])
}
