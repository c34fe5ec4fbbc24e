import { readdirSync, realpathSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type { Discovered } from '../code/discover.ts'
import { packageOf } from '../code/packages.ts'
import { NODE_RESOLUTION } from '../code/resolution.ts'
import { type Alias, aliasesIn, configurationsOf } from './configurations.ts'
import { isFile } from './modules.ts'

/**
 * The lookups that resolved a build's imports: each path with the file or folder that it led to; null if there was
 * none.
 */
export type Lookups = Readonly<Record<string, string | null>>

/**
 * Notes where the imports of local modules led, links followed, and which paths on the way did not exist. Folders that
 * end in a slash are those of computed imports: their contents count.
 */
export function lookupsOf({ links, folders }: Discovered): Lookups {
  const lookups: Record<string, string | null> = {}
  const note = (paths: readonly string[]) => {
    for (const path of paths) lookups[path] ??= realPathOf(path)
  }
  const aliases = new Map<string, readonly Alias[]>()
  for (const [importer, own] of links) {
    const from = dirname(importer)
    if (!aliases.has(from)) aliases.set(from, aliasesIn(configurationsOf(from)))
    for (const key of own.keys()) {
      const specifier = key.slice(key.indexOf(' ') + 1)
      if (/^[./\\]/.test(specifier)) note(filesFor(resolve(from, specifier)))
      else {
        note(packagesFor(from, specifier))
        note(aliases.get(from)!.flatMap((alias) => aliasFiles(alias, specifier)))
      }
    }
  }
  note([...folders].map((folder) => `${folder}/`))
  return lookups
}

/** Lists the package.json of each package that local modules import, as it was found. */
export function manifestsOf({ links }: Discovered): readonly string[] {
  const found = [...links].flatMap(([importer, own]) =>
    [...own.keys()].flatMap((key) => {
      const specifier = key.slice(key.indexOf(' ') + 1)
      if (/^(?:[./\\#]|\w+:)/.test(specifier) || isBuiltin(specifier)) return []
      const folder = foldersFor(dirname(importer), specifier).at(-1)!
      return isFile(join(folder, 'package.json')) ? [join(folder, 'package.json')] : []
    }),
  )
  return [...new Set(found)]
}

/** Whether all still lead where they led. */
export function leadThere(lookups: Lookups): boolean {
  return Object.entries(lookups).every(([path, place]) => realPathOf(path) === place)
}

/** The files that a path may refer to, up to the first that exists. */
function filesFor(path: string): readonly string[] {
  const endings = ['', ...NODE_RESOLUTION.resolveExtensions]
  const candidates = [path, join(path, 'index')].flatMap((stem) => endings.map((ending) => stem + ending))
  const found = candidates.findIndex(isFile)
  return found === -1 ? candidates : candidates.slice(0, found + 1)
}

/** Returns the folders that a package may be in, up to the first that exists, and the files in that. */
function packagesFor(from: string, specifier: string): readonly string[] {
  const folders = foldersFor(from, specifier)
  const last = folders.at(-1)!
  return realPathOf(last) === null
    ? folders
    : [...folders, ...filesFor(last + specifier.slice(packageOf(specifier).length))]
}

function foldersFor(from: string, specifier: string): readonly string[] {
  const folders: string[] = []
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', packageOf(specifier))
    folders.push(folder)
    if (realPathOf(folder) !== null || at === dirname(at)) return folders
  }
}

function aliasFiles({ pattern, target }: Alias, specifier: string): readonly string[] {
  const [before, after] = pattern.split('*') as [string, string?]
  if (after === undefined) return pattern === specifier ? filesFor(target) : []
  if (!specifier.startsWith(before) || !specifier.endsWith(after)) return []
  const middle = specifier.slice(before.length, specifier.length - after.length)
  return filesFor(target.replace('*', () => middle))
}

function realPathOf(path: string): string | null {
  try {
    return path.endsWith('/') ? namesIn(path).join('\n') : realpathSync(path)
  } catch {
    return null
  }
}

/** Lists the files of a folder, and of those in it. */
function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name]
      return namesIn(join(folder, entry.name)).map((name) => `${entry.name}/${name}`)
    })
    .sort()
}
