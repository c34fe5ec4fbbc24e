import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, extname, join, posix, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isClosed } from '../code/closed.ts'
import type { Discovered } from '../code/discover.ts'
import type { Asked, Find, Link, Refusal } from '../code/link.ts'
import { isInPackages, isLent, packageOf } from '../code/packages.ts'
import { CODE, placeIn } from '../code/places.ts'
import type { LaidFile } from '../code/write.ts'

const HERE = fileURLToPath(import.meta.url)

/**
 * Excludes packages from a build of the modules in `dir` that is written to `outFolder`. Each import still finds the
 * same file as from its source. Packages of `LENT_PACKAGES` that the project lacks are those of the running attak.
 */
export function packagesOutside(dir: string, outFolder: string) {
  return async (asked: Asked, found: string | undefined, find: Find): Promise<Link | Refusal | undefined> => {
    const { specifier, asking, importer } = asked
    if (isBuiltin(specifier) || /^(?:data|https?):/.test(specifier)) return { to: 'stays', specifier }
    const file = found ?? (await lent(asked, find))
    if (file === undefined) return isClosed(asked) ? { to: 'stays', specifier, isClosed: true } : undefined
    const isOutside = isInPackages(file) || isLent(specifier)
    if (isOutside && !file.endsWith('.ts')) {
      const asJson = file.endsWith('.json')
      return { to: 'stays', specifier: isFoundFrom(outFolder) ? specifier : outside(file), asJson }
    }
    if (CODE.test(file) || file.endsWith('.json')) return { to: 'local', file }
    return { to: 'nothing', why: `No loader is configured for "${extname(file)}" files: ${relative(dir, file)}` }

    // Imports of CommonJS are resolved from the folder of the source.
    function isFoundFrom(folder: string): boolean {
      if (found === undefined || /^[./\\#]/.test(specifier)) return false
      const name = packageOf(specifier)
      return asking === 'require' || packageFolderOf(dirname(importer), name) === packageFolderOf(folder, name)
    }
    function outside(file: string): string {
      return asking === 'require' ? file : pathToFileURL(file).href
    }
  }
}

/** The manifest of a package without other files, which exports no path. */
const CLOSED = '{"exports":{}}'

/**
 * Returns manifests to write beside built modules, so that Node throws the same error there as at the source: a package does
 * not export the path. Packages that are found from `outFolder` need none.
 */
export function closedPackages({ links }: Discovered, dir: string, outFolder: string): readonly LaidFile[] {
  const names = [...links].flatMap(([importer, own]) =>
    [...own.values()].flatMap((link) => {
      if (link.to !== 'stays' || !link.isClosed) return []
      const name = packageOf(link.specifier)
      const isFound = packageFolderOf(dirname(importer), name) === packageFolderOf(outFolder, name)
      return isFound ? [] : [posix.join(posix.dirname(placeIn(dir, importer)), 'node_modules', name, 'package.json')]
    }),
  )
  return [...new Set(names)].map((at) => ({ at, text: CLOSED }))
}

/** Returns the folder of the package `name` that a module in `folder` finds; undefined if it finds none. */
export function packageFolderOf(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(candidate)) return candidate
    if (at === dirname(at)) return undefined
  }
}

async function lent(asked: Asked, find: Find): Promise<string | undefined> {
  if (!isLent(asked.specifier)) return undefined
  return ownEntries[asked.specifier] ?? (await find({ ...asked, importer: HERE }))
}

/** The files of attak's entries: beside this file in a build; in a checkout, sources that are compiled along. */
const ownEntries: Readonly<Record<string, string>> = HERE.endsWith('.ts')
  ? { attak: join(HERE, '../../index.ts'), 'attak/testing': join(HERE, '../../testing.ts') }
  : { attak: join(HERE, '../index.js'), 'attak/testing': join(HERE, '../testing.js') }
