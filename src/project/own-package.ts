import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fieldsOf } from '../runtime/text.ts'
import { readJsonFile } from './json-file.ts'

/** The location of the running attak. */
export interface OwnPackage {
  /** The folder of its package, absolute. */
  readonly root: string
  /**
   * Where npm can install the same attak from, as package.json says it: its tarball or its folder, `file:/…`. Undefined if it
   * came from the registry.
   */
  readonly from: string | undefined
}

/** Finds the running attak's own package: the nearest folder above this module that has a `package.json`. */
export function findOwnPackage(): OwnPackage {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json'))) root = dirname(root)
  const resolved = resolvedOf(root)
  if (resolved?.startsWith('http')) return { root, from: undefined }
  const [, path] = /^file:(.+\.tgz)$/.exec(resolved ?? '') ?? []
  const tarball = path === undefined ? undefined : resolve(modulesOf(root), '..', path)
  const place = tarball !== undefined && existsSync(tarball) ? tarball : root
  return { root, from: `file:${place.replaceAll(sep, '/')}` }
}

/** Returns where npm installed a package from; undefined if it does not say: for a clone, a global install, another manager. */
function resolvedOf(root: string): string | undefined {
  const modules = modulesOf(root)
  const lockfile = join(modules, '.package-lock.json')
  const read = existsSync(lockfile) ? readJsonFile(lockfile) : undefined
  if (read?.kind !== 'value') return undefined
  const key = relative(dirname(modules), root).replaceAll(sep, '/')
  const resolved = fieldsOf(fieldsOf(fieldsOf(read.value)?.packages)?.[key])?.resolved
  return typeof resolved === 'string' ? resolved : undefined
}

/** The outermost `node_modules` folder that holds a package; for a clone, one that does not exist. */
function modulesOf(root: string): string {
  const [project = ''] = root.split(`${sep}node_modules${sep}`)
  return join(project, 'node_modules')
}
