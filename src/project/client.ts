import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageOf } from '../code/packages.ts'
import { AttakError } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'
import { readJsonFile } from './json-file.ts'
import { isFile } from './modules.ts'

/**
 * Loads the package of a client that only some topologies need: as the project in `dir` finds it, else as attak itself does.
 * `user` names what needs it: `a source of type redis`. Throws CLIENT_MISSING if the package is not installed.
 */
export async function loadClient(dir: string, name: string, user: string): Promise<unknown> {
  return import(pathToFileURL(clientFile(dir, name, user)).href)
}

/** Returns the file of a client's package; see {@link loadClient}. */
export function clientFile(dir: string, name: string, user: string): string {
  const file = packageFile(dir, name) ?? fileOf(import.meta.url, name)
  if (file !== undefined) return file
  const what = `${user} needs the package "${name}", which is not installed`
  throw new AttakError('CLIENT_MISSING', what, `Run npm install ${name} in the folder of the project.`)
}

/** Returns the file that an import of `name` in `dir` leads to; undefined if the package is not installed. */
export function packageFile(dir: string, name: string): string | undefined {
  return fileOf(join(dir, 'package.json'), name)
}

function fileOf(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'MODULE_NOT_FOUND') return undefined
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return importedFile(from, name)
    throw error
  }
}

/** The file of a package that only `import` finds. Its `exports` have conditions that `require` does not take. */
function importedFile(from: string, name: string): string | undefined {
  const folder = createRequire(from)
    .resolve.paths(name)
    ?.map((modules) => join(modules, packageOf(name)))
    .find((one) => isFile(join(one, 'package.json')))
  const parsed = folder === undefined ? undefined : readJsonFile(join(folder, 'package.json'))
  const exported = parsed?.kind === 'value' ? fieldsOf(parsed.value)?.exports : undefined
  const path = `.${name.slice(packageOf(name).length)}`
  const target = targetOf(path === '.' && !isMap(exported) ? exported : fieldsOf(exported)?.[path])
  return folder === undefined || target === undefined ? undefined : join(folder, target)
}

function isMap(exported: unknown): boolean {
  return Object.keys(fieldsOf(exported) ?? {}).some((name) => name.startsWith('.'))
}

/** The first target that an import takes. Source: Node.js, Packages, "Conditional exports", read 2026-11-29. */
function targetOf(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported
  for (const [condition, inside] of Object.entries(fieldsOf(exported) ?? {})) {
    const target = ['node', 'import', 'module-sync', 'default'].includes(condition) ? targetOf(inside) : undefined
    if (target !== undefined) return target
  }
  return undefined
}
