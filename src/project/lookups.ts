import { realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Discovered, NODE_RESOLUTION } from '../code/discover.ts'
import { packageOf } from '../code/packages.ts'
import { isFile } from './modules.ts'

/** What was looked for on the way to what imports mean: each path to the file or folder that it led to; null where none was. */
export type Lookups = Readonly<Record<string, string | null>>

/** Notes where the imports of local modules led, links followed, and where nothing was on the way there. */
export function lookupsOf({ links }: Discovered): Lookups {
  const lookups: Record<string, string | null> = {}
  for (const [importer, own] of links) {
    for (const key of own.keys()) {
      const specifier = key.slice(key.indexOf(' ') + 1)
      const from = dirname(importer)
      const tried = /^[./\\]/.test(specifier) ? filesFor(resolve(from, specifier)) : foldersFor(from, specifier)
      for (const path of tried) lookups[path] = placeOf(path)
    }
  }
  return lookups
}

/** Whether all still lead where they led. */
export function leadThere(lookups: Lookups): boolean {
  return Object.entries(lookups).every(([path, place]) => placeOf(path) === place)
}

/** The files that a path may mean, as far as the first that is there. */
function filesFor(path: string): readonly string[] {
  const endings = ['', ...NODE_RESOLUTION.resolveExtensions]
  const candidates = [path, join(path, 'index')].flatMap((stem) => endings.map((ending) => stem + ending))
  const found = candidates.findIndex(isFile)
  return found === -1 ? [] : candidates.slice(0, found + 1)
}

/** The folders that a package may be in, as far as the first that is there. */
function foldersFor(from: string, specifier: string): readonly string[] {
  const folders: string[] = []
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', packageOf(specifier))
    folders.push(folder)
    if (placeOf(folder) !== null || at === dirname(at)) return folders
  }
}

function placeOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
