import { isBuiltin } from 'node:module'
import { extname, join, relative } from 'node:path'
import { isClosed } from '../code/closed.ts'
import type { Asked, Find, Link, Refusal } from '../code/link.ts'
import { isInPackages, isLent, packageOf } from '../code/packages.ts'
import { CODE } from '../code/places.ts'
import { OWN_FOLDER, ownIndex } from './own-files.ts'

/** How imports are read that lead out of users' own files. */
export interface LinkOptions {
  readonly dir: string
  /** Packages that are shipped as they are: imports of them stay. */
  readonly external: readonly string[]
}

/** Decides what an import of a local module is in an artifact: see `LinkTo`. */
export function linkIn({ dir, external }: LinkOptions) {
  return async (asked: Asked, found: string | undefined, find: Find): Promise<Link | Refusal | undefined> => {
    const { specifier } = asked
    if (staysOutside(specifier, external)) return { to: 'stays', specifier }
    const file = found ?? (await findLent(asked, find))
    if (file === undefined) return isClosed(asked) ? { to: 'stays', specifier, isClosed: true } : undefined
    if (file.endsWith('.json')) return { to: 'local', file }
    if (!CODE.test(file))
      return { to: 'nothing', why: `No loader is configured for "${extname(file)}" files: ${relative(dir, file)}` }
    return { to: isInPackages(file) || file === ownIndex() ? 'package' : 'local', file }
  }
}

/** Whether Node finds a specifier where the artifact runs: a built-in module, or a package that is shipped as it is. */
export function staysOutside(specifier: string, external: readonly string[]): boolean {
  if (/^(?:[./\\#]|file:)/.test(specifier)) return false
  return isBuiltin(specifier) || external.includes(packageOf(specifier)) || /^(?:data|https?):/.test(specifier)
}

/** Finds what a project may import without having it: that of the running attak. */
export async function findLent(asked: Asked, find: Find): Promise<string | undefined> {
  const { specifier } = asked
  if (!isLent(specifier)) return undefined
  return specifier === 'attak' ? ownIndex() : find({ ...asked, importer: join(OWN_FOLDER, 'lent.js') })
}
