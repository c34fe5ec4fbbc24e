import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AttakError, atPath, type Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type ParsedRecord, parseRecord } from '../../runtime/parse-record.ts'
import { decodeText } from '../../runtime/utf8.ts'
import { isName } from '../../topology/name.ts'

/** Error records in a file of this machine: those of simulations, and copies of those that are live. */
export interface FileStore {
  /** The records there are, in the order in which they were first put; of those with one id the last. */
  list(): { readonly records: readonly ErrorRecord[]; readonly problems: readonly Problem[] }
  /** Adds records; one with an id that is there stands for it from then on. Gives how many bytes. */
  append(records: readonly ErrorRecord[]): number
  /** Takes records away, all or nothing. */
  remove(ids: ReadonlySet<string>): void
  /** Takes all away. */
  clear(): void
}

/** What holds all that attak keeps in a project; it is not for version control. */
const FOLDER = '.attak'

/** The part of a name that no stage can have. */
export const SIMULATED_PART = '_simulated'

/**
 * Where the errors of a topology are kept: `<dir>/.attak/errors/<part>/<topology>.jsonl`. A part is a stage, or
 * {@link SIMULATED_PART}.
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
 * Opens a file of error records, a line of JSON each; it, and its folders, are made by the first record. Only its user may
 * read it, since events are in it. Throws what the file system throws, and STORE_FAILED for a file that is too large.
 */
export function openFileStore(file: string): FileStore {
  return {
    list() {
      const records = new Map<string, ErrorRecord>()
      const problems: Problem[] = []
      for (const { parsed } of linesOf(readIfThere(file), file)) {
        if (parsed.kind === 'problem') problems.push(parsed.problem)
        else records.set(parsed.record.id, parsed.record)
      }
      return { records: [...records.values()], problems }
    },
    append(records) {
      if (records.length === 0) return 0
      makeFolder(file)
      // A line that was cut off, by a full disk or the end of its process, would take the next record with it.
      const bytes = Buffer.from(`${isCut(file) ? '\n' : ''}${records.map(lineOf).join('')}`)
      appendFileSync(file, bytes, { mode: 0o600 })
      return bytes.length
    },
    remove(ids) {
      const left = [...linesOf(readIfThere(file), file)].filter(
        ({ parsed }) => parsed.kind === 'problem' || !ids.has(parsed.record.id),
      )
      if (left.length === 0) return removeIfThere(file)
      const fresh = `${file}.new`
      try {
        writeFileSync(fresh, Buffer.concat(left.flatMap(({ bytes }) => [bytes, NEWLINE])), { mode: 0o600 })
        renameSync(fresh, file)
      } catch (error) {
        rmSync(fresh, { force: true })
        throw error
      }
    },
    clear: () => removeIfThere(file),
  }
}

const NEWLINE = Buffer.from('\n')

/** The lines that hold something: as bytes, since a line that cannot be read stays as it is. */
function* linesOf(file: Buffer, name: string): Generator<{ readonly bytes: Buffer; readonly parsed: ParsedRecord }> {
  for (let [start, line] = [0, 1]; start < file.length; line++) {
    const newline = file.indexOf(NEWLINE, start)
    const bytes = file.subarray(start, newline < 0 ? file.length : newline)
    start += bytes.length + 1
    if (bytes.length < 100 && /^[ \t\r]*$/.test(bytes.toString('latin1'))) continue
    yield { bytes, parsed: parseLine(bytes, `${name}:${line}`, { isStart: line === 1 }) }
  }
}

function parseLine(bytes: Buffer, where: string, options: { readonly isStart: boolean }): ParsedRecord {
  const decoded = decodeText(bytes, options)
  if (decoded.kind === 'text') return parseRecord(decoded.text.replace(/^\ufeff/, ''), where)
  const { what, offset } = decoded
  const remedy = 'It is left where it is. Remove that line, or the file.'
  const place = `${where}:${offset + 1}`
  return { kind: 'problem', problem: { code: 'RECORD_UNREADABLE', severity: 'error', where: place, what, remedy } }
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

/** Whether a file is there whose last line has no end. */
function isCut(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return false
  const descriptor = openSync(file, 'r')
  try {
    const last = Buffer.alloc(1)
    atPath(file, () => readSync(descriptor, last, 0, 1, size - 1))
    return last[0] !== NEWLINE[0]
  } finally {
    closeSync(descriptor)
  }
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function lineOf(record: ErrorRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** Makes the folder of a file; what is in `.attak` is kept from version control by a `.gitignore` of its own. */
function makeFolder(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const root = join(dirname(file), '..', '..')
  const ignored = join(root, '.gitignore')
  if (!existsSync(ignored)) writeFileSync(ignored, '*\n')
}
