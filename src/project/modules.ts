import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/** Endings of files that hold a module, in the order in which they are tried. */
export const MODULE_ENDINGS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const

const MODULE = /\.[cm]?[jt]sx?$/
const TYPESCRIPT = /\.[cm]?tsx?$/
const NOT_A_PROCESSOR = /^[._]|\.d\.[cm]?ts$|[.](test|spec)\.[^.]+$/

/** Whether a file's extension is that of JavaScript or TypeScript. */
export function isModule(file: string): boolean {
  return MODULE.test(file)
}

/** Whether a file must be built before Node can run it. */
export function isTypeScript(file: string): boolean {
  return TYPESCRIPT.test(file)
}

/** Whether `path` is a file that exists. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Whether `path` exists and is neither a file nor a folder: a pipe, a socket or a device. */
export function isSpecial(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

/** A file that is read as a whole has at most so many bytes: 64 MiB. */
const MOST_FILE_BYTES = 64 * 1024 * 1024

/** What is wrong with a larger one. */
export const TOO_LARGE_FILE = `larger than ${MOST_FILE_BYTES / 2 ** 20} MiB, the limit of a file that is read as a whole`

/** Whether a file is larger than that. */
export function isTooLarge(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_FILE_BYTES
}

/** Whether `path` is a folder that exists. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/**
 * Returns a stamp that changes when a file changes, without reading it: its size, its times (one of which cannot be
 * set), and its place on the disk. Undefined if the file does not exist.
 */
export function stampOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino].join(' ') : undefined
}

/**
 * Returns the file of an absolute path to a module: the path itself, the path with an extension, the `index` of a
 * folder, or the TypeScript file for a path that ends in `.js`. Undefined if there is none.
 */
export function resolveModule(path: string, moreEndings: readonly string[] = []): string | undefined {
  return filesFor(path, moreEndings).find(isFile)
}

/** The files that {@link resolveModule} looks for, in this order. */
export function filesFor(path: string, moreEndings: readonly string[] = []): readonly string[] {
  const endings = [...MODULE_ENDINGS, ...moreEndings]
  return [
    path,
    ...endings.map((ending) => path + ending),
    // Nothing can be looked for inside a file.
    ...(isFile(path) || isSpecial(path) ? [] : endings.map((ending) => join(path, `index${ending}`))),
    ...typeScriptBehind(path),
  ]
}

/**
 * Returns the paths of the modules in a folder that can be processors, without their extensions, sorted by name. Tests are
 * left out, and names that begin with `_` or `.`.
 */
export function modulesInFolder(folder: string): string[] {
  const names = new Set<string>()
  for (const entry of readdirSync(folder)) {
    if (NOT_A_PROCESSOR.test(entry) || entry === 'node_modules') continue
    const path = join(folder, entry)
    if (isFile(path)) {
      if (MODULE_ENDINGS.some((ending) => extname(entry) === ending)) names.add(basename(entry, extname(entry)))
    } else if (resolveModule(path) !== undefined) names.add(entry)
  }
  return [...names].sort()
}

/** Returns the names in the folder of `path`, without extensions; [] if the folder does not exist. */
export function neighboursOf(path: string): string[] {
  const folder = dirname(path)
  return isFolder(folder) ? modulesInFolder(folder) : []
}

function typeScriptBehind(path: string): readonly string[] {
  const match = /\.([cm]?)js$/.exec(path)
  return match === null ? [] : [`${path.slice(0, -match[0].length)}.${match[1]}ts`]
}
