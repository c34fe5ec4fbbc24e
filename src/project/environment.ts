import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageFolder } from './find.ts'
import { isFile } from './modules.ts'
import { KNOWN_VARIABLES } from './setting-list.ts'

/** The environment of a project: what the process has, and what its `.env` adds. */
export interface Environment {
  /** Variables that `.env` sets and the process does not: give them to `process.env` for handlers to see. */
  readonly added: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The `.env` that was read, absolute. */
  readonly file?: string
}

/**
 * Reads the `.env` of the project that the topology `file` belongs to: the nearest one from its folder up to that of its
 * package.json. What the process already has, stays; a setting of attak or AWS that is left empty there is not given.
 */
export async function loadEnvironment(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Environment> {
  const found = nearestDotenv(dirname(file), packageFolder(file))
  if (found === undefined) return { added: {}, variables: env }
  // Bundled, a CommonJS module that is loaded when needed has a default export alone.
  const { parse } = (await import('dotenv')).default
  const entries = Object.entries(parse(readFileSync(found))).filter(
    ([name, value]) => env[name] === undefined && (value !== '' || !KNOWN_VARIABLES.includes(name)),
  )
  const added = Object.freeze(Object.fromEntries(entries))
  return { added, variables: { ...env, ...added }, file: found }
}

function nearestDotenv(from: string, last: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isFile(join(folder, '.env'))) return join(folder, '.env')
    if (folder === last || folder === dirname(folder)) return undefined
  }
}
