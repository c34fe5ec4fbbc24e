import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import * as system from 'node:process'
import { isFolder } from './modules.ts'

const WRITABLE_BY_ALL = 0o002
const WRITABLE_BY_OTHERS = 0o022

/**
 * Lists the folders that may keep the builds of the topology `file`: one in the nearest `node_modules`, one in the user's home.
 * A folder that another user owns or may write to is left out, because attak runs what is in it.
 */
export function cacheRoots(file: string): readonly string[] {
  const bases = [nearestModules(dirname(file)), homeFolder()]
  return bases.flatMap((base) => (base !== undefined && isOwn(base) ? [join(base, '.cache/attak')] : []))
}

/** Makes one of {@link cacheRoots}; only the user may read it. */
export function makeCacheRoot(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 })
}

/** The cache folder itself is never a link: attak removes files in it. What the system does not let us look at is not ours. */
function isOwn(base: string): boolean {
  try {
    const cache = statSync(join(base, '.cache'), { throwIfNoEntry: false })
    if (!isOwnFolder(statSync(base), WRITABLE_BY_ALL)) return false
    if (cache === undefined) return true
    if (!isOwnFolder(cache, WRITABLE_BY_ALL)) return false
    const root = lstatSync(join(base, '.cache/attak'), { throwIfNoEntry: false })
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
