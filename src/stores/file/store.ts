import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { parseRecord } from '../../runtime/parse-record.ts'

/** Error records in a file of this machine: those of simulations, and copies of those that are live. */
export interface FileStore {
  /** The records there are, in the order in which they were first put; of those with one id the last. */
  list(): { readonly records: readonly ErrorRecord[]; readonly problems: readonly Problem[] }
  /** Adds records; one with an id that is there stands for it from then on. Gives how many bytes. Throws what the disk says. */
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
  return join(dir, FOLDER, 'errors', part, `${topology}.jsonl`)
}

/**
 * Opens a file of error records, a line of JSON each; it, and its folders, are made by the first record. Only its user may
 * read it, since events are in it.
 */
export function openFileStore(file: string): FileStore {
  const read = () => {
    const records = new Map<string, ErrorRecord>()
    const problems: Problem[] = []
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    for (const [index, line] of lines.entries()) {
      if (line === '') continue
      const parsed = parseRecord(line, `${file}:${index + 1}`)
      if (parsed.kind === 'problem') problems.push(parsed.problem)
      else records.set(parsed.record.id, parsed.record)
    }
    return { records: [...records.values()], problems, lines }
  }
  return {
    list: read,
    append(records) {
      if (records.length === 0) return 0
      makeFolder(file)
      const bytes = Buffer.from(records.map(lineOf).join(''))
      appendFileSync(file, bytes, { mode: 0o600 })
      return bytes.length
    },
    remove(ids) {
      const { lines } = read()
      const isLeft = (line: string) => {
        const parsed = parseRecord(line, '')
        return line !== '' && (parsed.kind === 'problem' || !ids.has(parsed.record.id))
      }
      const left = lines.filter(isLeft)
      if (left.length === 0) return removeIfThere(file)
      const fresh = `${file}.new`
      writeFileSync(fresh, left.map((line) => `${line}\n`).join(''), { mode: 0o600 })
      renameSync(fresh, file)
    },
    clear: () => removeIfThere(file),
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
