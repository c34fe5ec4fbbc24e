import { dirname, resolve } from 'node:path'
import type { BuildFailure } from 'esbuild'

/** Where a computed path begins in a text: its line, from 1, and the byte. */
type Place = readonly [line: number, column: number]

/** Computed paths that lead into a folder that does not exist, by file. Each list is of a text that has the changes of those before. */
export type MissingFolders = Map<string, Place[][]>

const CHANGE = '"".none??'

/** esbuild's error for such a path: `Could not resolve require("./plugins/**\/*")`. */
const MISSING = /^Could not resolve (?:require|import)\("(\.{1,2}\/[^"*]*)\*/

/**
 * Notes the computed paths that made a build fail because their folder does not exist, and returns these folders. Node fails
 * only when it gets there, so that the build is to be run again, with {@link withoutGlobs}. Empty: it failed for other reasons.
 */
export function noteMissing(error: unknown, dir: string, missing: MissingFolders): readonly string[] {
  const { errors = [] } = error as Partial<BuildFailure>
  const found = new Map<string, Place[]>()
  const folders = errors.flatMap(({ text, location }) => {
    const [, path] = MISSING.exec(text) ?? []
    if (path === undefined || location === null) return []
    const file = resolve(dir, location.file)
    const { line, column, lineText } = location
    if (Buffer.from(lineText).subarray(column).toString().startsWith(CHANGE)) return []
    found.set(file, [...(found.get(file) ?? []), [line, column]])
    return [resolve(dirname(file), path.replace(/[^/]*$/, ''))]
  })
  for (const [file, places] of found) missing.set(file, [...(missing.get(file) ?? []), places])
  return folders
}

/** Changes the noted paths of a file so that esbuild does not look for what they lead to. Their value stays. */
export function withoutGlobs(text: string, noted: readonly Place[][] = []): string {
  return noted.reduce((changed, places) => {
    const lines = changed.split('\n')
    for (const [line, column] of places.toSorted(
      ([line, column], [other, before]) => other - line || before - column,
    )) {
      const bytes = Buffer.from(lines[line - 1]!)
      lines[line - 1] = `${bytes.subarray(0, column)}${CHANGE}${bytes.subarray(column)}`
    }
    return lines.join('\n')
  }, text)
}
