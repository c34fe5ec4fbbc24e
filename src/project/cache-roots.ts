import { existsSync, lstatSync, mkdirSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import * as system from 'node:process'
import { atPath } from '../errors.ts'
import { isFolder } from './modules.ts'

const WRITABLE_BY_ALL = 0o002
const WRITABLE_BY_OTHERS = 0o022

let isDebugged = false

/**
 * Has this process keep builds beside the topology from now on: editors read no source maps in `node_modules`, nor outside of
 * the project. Whether a debugger is attached only `node:inspector` knows, and loading that takes 25 ms.
 */
export function keepBuildsForDebugger(): void {
  isDebugged = true
}

/**
 * Lists the folders that may keep the builds of the topology `file`: one in the nearest `node_modules`, one in the user's home.
 * After {@link keepBuildsForDebugger} it is one beside the topology alone. A folder that another user owns or may write to is left out, because attak runs what is in it.
 */
export function cacheRoots(file: string): readonly string[] {
  if (isDebugged) return rootsIn(dirname(file), ['.attak', 'builds'])
  const bases = [nearestModules(dirname(file)), homeFolder()]
  return bases.flatMap((base) => (base === undefined ? [] : rootsIn(base, ['.cache', 'attak'])))
}

function rootsIn(base: string, [kept, own]: readonly [string, string]): readonly string[] {
  return isOwn(base, join(base, kept), join(base, kept, own)) ? [join(base, kept, own)] : []
}

/** Makes one of {@link cacheRoots}; only the user may read it. What is in `.attak` is not for version control. */
export function makeCacheRoot(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const ignored = join(root, '..', '.gitignore')
  if (basename(dirname(root)) === '.attak' && !existsSync(ignored)) atPath(ignored, () => writeFileSync(ignored, '*\n'))
}

/** The cache folder itself is never a link: attak removes files in it. What the system does not let us look at is not ours. */
function isOwn(base: string, keptFolder: string, rootFolder: string): boolean {
  try {
    const kept = statSync(keptFolder, { throwIfNoEntry: false })
    if (!isOwnFolder(statSync(base), WRITABLE_BY_ALL)) return false
    if (kept === undefined) return true
    if (!isOwnFolder(kept, WRITABLE_BY_ALL)) return false
    const root = lstatSync(rootFolder, { throwIfNoEntry: false })
    return root === undefined || isOwnFolder(root, WRITABLE_BY_OTHERS)
  } catch {
    return false
  }
}

/** Windows has neither owners nor modes here: a user's folders are the user's own there. */
function isOwnFolder(found: Stats, forbidden: number): boolean {
  const user = system.geteuid?.()
  return found.isDirectory() && (user === undefined || (found.uid === user && (found.mode & forbidden) === 0))
}

/** Undefined where the user has none: HOME is empty, or unset for a user that the system does not know. */
function homeFolder(): string | undefined {
  try {
    const home = homedir()
    return isAbsolute(home) && isFolder(home) ? home : undefined
  } catch {
    return undefined
  }
}

function nearestModules(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules')
    if (isFolder(candidate)) return candidate
    if (at === dirname(at)) return undefined
  }
}
