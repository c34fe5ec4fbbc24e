import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AttakError, atPath, type Problem } from '../../errors.ts'
import { countedOf, removableOf } from '../../runtime/error-reader.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type ParsedRecord, parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorReader, KeptErrors, RecordedAt } from '../../runtime/store.ts'
import { fieldsOf } from '../../runtime/text.ts'
import { decodeText } from '../../runtime/utf8.ts'
import { isName } from '../../topology/name.ts'

/** Error records in a file of this machine: those of simulations, and copies of those that are live. */
export interface FileStore extends ErrorReader {
  /**
   * Returns the records in the order in which they were first put. `choose` picks one of two with the same id: the later
   * one by default.
   */
  list(choose?: Choose): KeptErrors
  /** Adds records; one with an id that is there replaces it. Returns how many bytes were written. */
  append(records: readonly ErrorRecord[]): number
  /** Removes records, all or nothing. */
  remove(records: readonly RecordedAt[]): ReadonlySet<string>
  /** Opens the errors of one run. `anew`: they replace those of the run before; otherwise they are added to those. */
  openRun(options: { readonly anew: boolean }): RunFile
}

/** Picks the record that counts of two with the same id, of which `later` was put later. */
export type Choose = (earlier: ErrorRecord, later: ErrorRecord) => ErrorRecord

/** The errors of one run. If another run replaces the file meanwhile, what is added here never mixes with its errors. */
export interface RunFile {
  /** Adds records; the first makes the file. Returns how many bytes were written. */
  append(records: readonly ErrorRecord[]): number
  /** Whether no other run has replaced these errors. */
  isLast(): boolean
  close(): void
}

/** The folder for all of attak's files in a project; it does not belong in version control. */
export const FOLDER = '.attak'

/** The part of a name that no stage can have. */
export const SIMULATED_PART = '_simulated'

/** The same for errors of `attak run`. */
export const RUN_PART = '_run'

/**
 * Where the errors of a topology are kept: `<dir>/.attak/errors/<part>/<topology>.jsonl`. A part is a stage,
 * {@link SIMULATED_PART} or {@link RUN_PART}.
 */
export function errorsFile(dir: string, part: string, topology: string): string {
  return join(dir, FOLDER, 'errors', part, `${topology}${ENDING}`)
}

/** Returns the topologies that have a file for a part in a folder, sorted. */
export function topologiesIn(dir: string, part: string): readonly string[] {
  const folder = dirname(errorsFile(dir, part, ''))
  if (!existsSync(folder)) return []
  return atPath(folder, () => readdirSync(folder))
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .filter(isName)
    .sort()
}

const ENDING = '.jsonl'

/** As much as a run keeps, and twice as much for copies. */
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Opens a file of error records, a line of JSON each. The first record makes the file and its folders. Only its user may
 * read it, since events are in it. Nothing is ever rewritten, so that any number of processes may use it at once: what is
 * added, and what is removed, is appended in one write. Throws what the file system throws, and STORE_FAILED for a file that
 * is too large.
 */
export function openFileStore(file: string): FileStore {
  return {
    list: (choose) => listIn(file, choose),
    append(records) {
      if (records.length === 0) return 0
      makeFolder(file)
      const bytes = blockOf(records)
      atPath(file, () => appendTo(file, bytes))
      return bytes.length
    },
    remove(records) {
      const removed = listIn(file).records.filter(removableOf(records))
      const descriptor = removed.length === 0 ? undefined : openIfThere(file)
      if (descriptor === undefined) return new Set()
      try {
        const line = { attakremoved: 1, removed: removed.map(({ id, time }) => ({ id, time })) }
        atPath(file, () => writeFileSync(descriptor, blockOf([line])))
      } finally {
        closeSync(descriptor)
      }
      return new Set(removed.map(({ id }) => id))
    },
    openRun: (options) => openRun(file, options),
  }
}

/** Appends to a regular file: a link may lead out of the project, and a pipe blocks the process. */
function appendTo(file: string, bytes: Buffer): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    if (!fstatSync(descriptor).isFile()) throw notAFile(file)
    writeFileSync(descriptor, bytes)
  } finally {
    closeSync(descriptor)
  }
}

function notAFile(file: string): AttakError {
  return new AttakError(
    'STORE_FAILED',
    `${file}: is not a file, and cannot hold error records`,
    'Remove it, or move it away.',
  )
}

function listIn(file: string, choose: Choose = (_, later) => later): KeptErrors {
  const records = new Map<string, ErrorRecord>()
  const problems: Problem[] = []
  for (const line of linesOf(readIfThere(file), file)) {
    if (line.kind === 'problem') problems.push(line.problem)
    else if (line.kind === 'removed') for (const removed of line.removed) removeFrom(records, removed)
    else {
      const { record } = line
      const earlier = records.get(record.id)
      records.set(record.id, earlier === undefined ? record : choose(earlier, record))
    }
  }
  return { records: [...records.values()], problems: countedOf(problems), notes: [] }
}

function removeFrom(records: Map<string, ErrorRecord>, { id, time }: RecordedAt): void {
  const found = records.get(id)
  if (found !== undefined && Date.parse(found.time) <= Date.parse(time)) records.delete(id)
}

/** Each run has a separate file. A replaced run continues to write to its file, which no longer has a name. */
function openRun(file: string, { anew }: { readonly anew: boolean }): RunFile {
  let descriptor: number | undefined
  if (anew) removeIfThere(file)
  else descriptor = openIfThere(file)
  return {
    append(records) {
      if (records.length === 0) return 0
      descriptor ??= createAnew(file)
      const own = descriptor
      const bytes = blockOf(records)
      atPath(file, () => writeFileSync(own, bytes))
      return bytes.length
    },
    isLast() {
      if (descriptor === undefined) return true
      const [own, last] = [fstatSync(descriptor), statSync(file, { throwIfNoEntry: false })]
      return own.ino === last?.ino && own.dev === last.dev
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

function createAnew(file: string): number {
  makeFolder(file)
  for (;;) {
    removeIfThere(file)
    try {
      return openSync(file, 'ax', 0o600)
    } catch (error) {
      // Another run made its file in between.
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Opens a file to append to it; returns undefined if there is none. */
function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, constants.O_WRONLY | constants.O_APPEND)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const NEWLINE = Buffer.from('\n')

/** What a line holds. */
type Line = ParsedRecord | { readonly kind: 'removed'; readonly removed: readonly RecordedAt[] }

/** The lines that hold something. A cut last line is left out: it is being written, or its process was killed. */
function* linesOf(file: Buffer, name: string): Generator<Line> {
  for (let [start, line] = [0, 1]; start < file.length; line++) {
    const newline = file.indexOf(NEWLINE, start)
    const bytes = file.subarray(start, newline < 0 ? file.length : newline)
    start += bytes.length + 1
    if (bytes.length < 100 && /^[ \t\r]*$/.test(bytes.toString('latin1'))) continue
    const parsed = parseLine(bytes, `${name}:${line}`, { isStart: line === 1 })
    if (newline >= 0 || parsed.kind !== 'problem') yield parsed
  }
}

function parseLine(bytes: Buffer, where: string, options: { readonly isStart: boolean }): Line {
  const decoded = decodeText(bytes, options)
  if (decoded.kind === 'text') {
    const text = decoded.text.replace(/^\ufeff/, '')
    return parseRemoved(text) ?? parseRecord(text, where)
  }
  const { what, offset } = decoded
  const remedy = 'It stays where it is. Remove that line, or the file.'
  const place = `${where}:${offset + 1}`
  return { kind: 'problem', problem: { code: 'RECORD_UNREADABLE', severity: 'error', where: place, what, remedy } }
}

function parseRemoved(text: string): Line | undefined {
  if (!text.startsWith('{"attakremoved":1,')) return undefined
  try {
    const { removed } = JSON.parse(text) as { readonly removed?: unknown }
    return Array.isArray(removed) && removed.every(isRemoved) ? { kind: 'removed', removed } : undefined
  } catch {
    return undefined
  }
}

function isRemoved(value: unknown): value is RecordedAt {
  const { id, time } = fieldsOf(value) ?? {}
  return typeof id === 'string' && typeof time === 'string'
}

function readIfThere(file: string): Buffer {
  return atPath(file, () => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) return Buffer.alloc(0)
    if (found.isDirectory() || (found.isFile() && found.size <= MOST_BYTES)) return readFileSync(file)
    const what = `${file}: ${found.isFile() ? 'is larger than 512 MiB' : 'is not a file'}, and cannot hold error records`
    throw new AttakError('STORE_FAILED', what, 'Remove it, or move it away.')
  })
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/** Lines to append in one write. The newline before them ends a line that a full disk, or a killed process, has cut. */
function blockOf(lines: readonly object[]): Buffer {
  return Buffer.from(`\n${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`)
}

/** Makes the folder of a file; a `.gitignore` in `.attak` keeps its contents out of version control. */
function makeFolder(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const root = join(dirname(file), '..', '..')
  const ignored = join(root, '.gitignore')
  if (!existsSync(ignored)) atPath(ignored, () => writeFileSync(ignored, '*\n'))
}
