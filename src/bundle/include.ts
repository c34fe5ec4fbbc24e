import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Problem } from '../errors.ts'
import type { ArtifactFile, ArtifactFiles } from './zip.ts'

/** Files for an artifact, and the problems with the patterns. */
export interface FoundFiles {
  /** By their paths in the artifact. */
  readonly files: ArtifactFiles
  readonly problems: readonly Omit<Problem, 'where'>[]
}

const NEVER_MEANT = ['**/node_modules/**', '**/.git/**', '**/.attak/**']
const SECRETS = /^\.env(?:\.|$)/

/**
 * Finds the files of globs relative to `dir`; a folder stands for all its files. Paths are preserved. Names that begin
 * with a dot must be written out. Files in `node_modules`, `.git` and `.attak` are never included. `.env` files are
 * refused under any name.
 */
export async function includeFiles(globs: readonly string[], dir: string): Promise<FoundFiles> {
  const files = new Map<string, ArtifactFile>()
  const problems: Omit<Problem, 'where'>[] = []
  if (globs.length === 0) return { files, problems }
  const { glob } = await import('tinyglobby')
  for (const pattern of globs) {
    const paths = (await glob([pattern], { cwd: dir, ignore: NEVER_MEANT })).sort()
    if (paths.length === 0)
      problems.push(refusal(pattern, 'matches no file', "Correct it; it is relative to the topology's folder."))
    for (const path of paths) {
      const file = join(dir, path)
      const refused = refusalOf(pattern, path, file)
      if (refused === undefined) files.set(path, { contents: readFileSync(file), executable: isExecutable(file) })
      else problems.push(refused)
    }
  }
  return { files, problems }
}

/** Whether a file may be run as a program. */
export function isExecutable(file: string): boolean {
  return (statSync(file).mode & 0o111) !== 0
}

/** Whether a file is never shipped, since it holds secrets. */
export function isSecret(file: string): boolean {
  return SECRETS.test(basename(file))
}

function refusalOf(pattern: string, path: string, file: string) {
  if (![path, realpathSync(file)].some(isSecret)) return undefined
  const what = `would ship ${path}, and files with secrets are never put into an artifact`
  return refusal(pattern, what, 'Name the variables that you need in environment.')
}

function refusal(pattern: string, what: string, remedy: string): Omit<Problem, 'where'> {
  return { code: 'INCLUDE_REFUSED', severity: 'error', what: `include "${pattern}": ${what}`, remedy }
}
