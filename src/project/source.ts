import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { isInPackages } from '../code/packages.ts'
import { CODE } from '../code/places.ts'
import type { Project } from './project.ts'
import { workspaceFolder } from './workspace.ts'

/** Reads a file that a stack names; undefined if it may not be shown, or is newer than `asOfMs` (since 1970). */
export type ReadSource = (file: string, asOfMs: number) => string | undefined

/** Larger files are hardly written by hand. */
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Reads code to show the line that failed. A stack may come from a stranger, so only code is read, and only in the workspace
 * of the project or from files that the project was loaded from, links followed; never packages.
 */
export function sourceReader({ dir, files = [] }: Pick<Project, 'dir'> & Partial<Pick<Project, 'files'>>): ReadSource {
  let root: string | undefined
  let loaded: ReadonlySet<string> | undefined
  const isOwn = (path: string) => {
    root ??= realpathSync(workspaceFolder(dir))
    if (isInside(root, path)) return true
    loaded ??= new Set(files.flatMap((file) => realPathOf(file) ?? []))
    return loaded.has(path)
  }
  return (file, asOfMs) => {
    const path = CODE.test(file) ? realPathOf(resolve(dir, file)) : undefined
    if (path === undefined || !CODE.test(path) || isInPackages(path) || !isOwn(path)) return undefined
    return readIfOlder(path, asOfMs)
  }
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file)
  } catch {
    return undefined
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path
}

function readIfOlder(path: string, asOfMs: number): string | undefined {
  try {
    // To open a pipe or a device can wait, or do something.
    if (!statSync(path).isFile()) return undefined
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = fstatSync(descriptor)
      if (!stats.isFile() || stats.size > MOST_BYTES || stats.mtimeMs > asOfMs) return undefined
      return readFileSync(descriptor, 'utf8')
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}
