import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AttakError } from '../errors.ts'

/**
 * Loads the package of a client that only some topologies need: as the project in `dir` finds it, else as attak itself does.
 * `user` names what needs it: `a source of type redis`. Throws CLIENT_MISSING if the package is not installed.
 */
export async function loadClient(dir: string, name: string, user: string): Promise<unknown> {
  return import(pathToFileURL(clientFile(dir, name, user)).href)
}

/** Returns the file of a client's package; see {@link loadClient}. */
export function clientFile(dir: string, name: string, user: string): string {
  const file = fileOf(join(dir, 'package.json'), name) ?? fileOf(import.meta.url, name)
  if (file !== undefined) return file
  const what = `${user} needs the package "${name}", which is not installed`
  throw new AttakError('CLIENT_MISSING', what, `Run npm install ${name} in the folder of the project.`)
}

function fileOf(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
