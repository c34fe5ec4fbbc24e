import { readFileSync, statSync } from 'node:fs'
import { isFile } from './modules.ts'

/** What a file held when it was read. */
export interface Input {
  readonly digest: string
  /** Its size, its times and its place on the disk; absent where it had changed so lately that it may do so unseen. */
  readonly stamp?: string
}

/** Files by absolute path; null where none was. */
export type Inputs = Readonly<Record<string, Input | null>>

/** Some file systems tell times to two seconds only. */
const UNSEEN_MS = 2000

/** Reads what a build is made from. `nowMs`: the file system's time, not later than now. */
export async function readInputs(paths: readonly string[], nowMs: number): Promise<Inputs> {
  const digestOf = await openDigests()
  return Object.fromEntries(paths.map((path) => [path, readInput(path, nowMs, digestOf)]))
}

/**
 * Whether all of it still holds. Files whose stamp is the same are not read: Node's cryptography alone, which reading takes, is
 * a fifteenth of `node -e 0`.
 */
export async function areSame(inputs: Inputs): Promise<boolean> {
  const entries = Object.entries(inputs)
  if (entries.some(([path, input]) => isFile(path) !== (input !== null))) return false
  const doubtful = entries.flatMap(([path, input]) =>
    input === null || input.stamp === stampOf(path) ? [] : [{ path, digest: input.digest }],
  )
  if (doubtful.length === 0) return true
  const digestOf = await openDigests()
  return doubtful.every(({ path, digest }) => digestOf(path) === digest)
}

function readInput(path: string, nowMs: number, digestOf: (path: string) => string): Input | null {
  if (!isFile(path)) return null
  // First the stamp: what changes between both is then seen by it.
  const { mtimeMs, ctimeMs } = statSync(path)
  const stamp = stampOf(path)
  const settled = Math.max(mtimeMs, ctimeMs) < nowMs - UNSEEN_MS
  return { digest: digestOf(path), ...(settled && { stamp }) }
}

function stampOf(path: string): string {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path)
  return [size, mtimeMs, ctimeMs, ino].join(' ')
}

async function openDigests(): Promise<(path: string) => string> {
  const { createHash } = await import('node:crypto')
  return (path) => createHash('sha256').update(readFileSync(path)).digest('hex')
}
