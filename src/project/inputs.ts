import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { atPath } from '../errors.ts'
import { configurationsOf } from './configurations.ts'
import { isFile, stampOf } from './modules.ts'

/** A file's contents when it was read. */
export interface Input {
  readonly digest: string
  /** See {@link stampOf}; absent where it had changed so lately that it may do so unseen. */
  readonly stamp?: string
}

/** Files by absolute path; null where none was. */
export type Inputs = Readonly<Record<string, Input | null>>

/** Reads the sources of a build, and notes their contents. */
export interface InputReader {
  /** Reads a source for the build. */
  read(path: string): Uint8Array
  /** Notes what a file holds that the build reads by itself. */
  note(path: string): void
  /** Returns everything that the build depends on, so far. */
  inputs(): Inputs
}

/** Some file systems store times with a resolution of two seconds. */
const UNSEEN_MS = 2000

/**
 * Opens the reader of sources for a build of `entries`, before the build begins. So changes during the build are
 * detected, including those of configurations, which it reads itself. `nowMs`: the file system's time, not later than
 * now.
 */
export async function openInputs(entries: readonly string[], nowMs: number): Promise<InputReader> {
  const digestOf = await openDigests()
  const inputs: Record<string, Input | null> = Object.fromEntries(entries.map((entry) => [entry, null]))
  const folders = new Set<string>()

  const note = (path: string): Uint8Array => {
    // First the stamp: what changes between both is then seen by it.
    const stamp = stampOf(path)
    const { mtimeMs, ctimeMs } = statSync(path)
    const contents = readFileSync(path)
    const isSettled = Math.max(mtimeMs, ctimeMs) < nowMs - UNSEEN_MS
    inputs[path] = { digest: digestOf(contents), ...(isSettled && stamp !== undefined && { stamp }) }
    return contents
  }

  const noteConfigurations = (folder: string) => {
    if (folders.has(folder)) return
    folders.add(folder)
    for (const path of configurationsOf(folder)) {
      if (path in inputs) continue
      if (isFile(path)) note(path)
      else inputs[path] = null
    }
  }

  for (const entry of entries) noteConfigurations(dirname(entry))
  return {
    read(path) {
      noteConfigurations(dirname(path))
      for (const other of beforeIt(path)) if (!isFile(other)) inputs[other] = null
      return note(path)
    },
    note: (path) => void (path in inputs || note(path)),
    inputs: () => inputs,
  }
}

/** Writes files and notes their contents. Their stamps are valid at once: only attak writes these files. */
export async function writeNoted(
  files: readonly { readonly path: string; readonly contents: Uint8Array }[],
): Promise<Inputs> {
  const digestOf = await openDigests()
  const notes = files.map(({ path, contents }): [string, Input] => {
    atPath(path, () => writeFileSync(path, contents))
    const stamp = stampOf(path)
    return [path, { digest: digestOf(contents), ...(stamp !== undefined && { stamp }) }]
  })
  return Object.fromEntries(notes)
}

/**
 * Whether all of it still holds. Files whose stamp is the same are not read: Node's cryptography alone, which reading takes, is
 * a fifteenth of `node -e 0`.
 */
export async function areSame(inputs: Inputs): Promise<boolean> {
  const doubtful: { readonly path: string; readonly digest: string }[] = []
  for (const [path, input] of Object.entries(inputs)) {
    const stamp = stampOf(path)
    if ((stamp === undefined) !== (input === null)) return false
    if (input !== null && input.stamp !== stamp) doubtful.push({ path, digest: input.digest })
  }
  if (doubtful.length === 0) return true
  const digestOf = await openDigests()
  return doubtful.every(({ path, digest }) => digestOf(readFileSync(path)) === digest)
}

/**
 * The files that are tried before a file with a given extension, if an import has no extension or that of the
 * JavaScript that TypeScript becomes: see `NODE_RESOLUTION`. Tried with esbuild 0.28.2.
 */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  '.json': ['.js'],
  '.ts': ['.js', '.json', '.node', '.jsx'],
  '.tsx': ['.js', '.json', '.node', '.ts', '.jsx'],
  '.jsx': ['.js', '.json', '.node', '.ts', '.tsx'],
  '.mts': ['.mjs'],
  '.cts': ['.cjs'],
}

const ENDINGS = ['.js', '.json', '.node', '.ts', '.tsx', '.jsx']

/**
 * Returns the files that an import of `path` would resolve to first, if they existed; a folder's name stands for its
 * index.
 */
function beforeIt(path: string): readonly string[] {
  const ending = extname(path)
  const stem = path.slice(0, path.length - ending.length)
  const folder = basename(stem) === 'index' ? ENDINGS.map((other) => dirname(path) + other) : []
  return [...(BEFORE[ending] ?? []).map((other) => stem + other), ...folder]
}

async function openDigests(): Promise<(contents: Uint8Array) => string> {
  const { createHash } = await import('node:crypto')
  return (contents) => createHash('sha256').update(contents).digest('hex')
}
