import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AttakError, wordsOfSystem } from '../../errors.ts'
import { checkOperations, type StateStore } from '../../runtime/state.ts'
import { type Change, createStateTable, type StateTable } from '../../runtime/state-table.ts'
import { type Answering, inTime } from '../in-time.ts'
import { type Journal, openJournal, readJournal } from './journal.ts'
import { takeLock } from './lock.ts'
import { FOLDER } from './store.ts'

/** What {@link openFileState} works with. */
export interface FileStateParts extends Answering {
  /** Absolute; made if it is not there. */
  readonly file: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The file is written anew when it has so many bytes, and four times those of its entries. Default 1 MB. */
  readonly compactBytes?: number
}

/** What one line holds: changes, and the number of the last version. */
interface Line {
  readonly version: number
  readonly changes: readonly Change[]
}

const COMPACT_BYTES = 1024 * 1024
const CHANGES_A_LINE = 100

/** Where `attak run` keeps the state of a topology: `<dir>/.attak/state/<stage>/<topology>.journal`. */
export function stateFile(
  dir: string,
  { topology, stage }: { readonly topology: string; readonly stage: string },
): string {
  return join(dir, FOLDER, 'state', stage, `${topology}.journal`)
}

/** An open file, and what it holds. */
interface Held extends Pick<FileStateParts, 'file' | 'now'> {
  readonly compactBytes: number
  table: StateTable
  version: number
  /** Of its good lines. */
  bytes: number
  journal: Journal | undefined
  nextCompactBytes: number
  /** Why it could not be read again after a write failed. */
  unreadable: { readonly error: unknown } | undefined
  /** Transactions that are applied and not yet on the disk. */
  waiting: { readonly line: string; readonly settle: (error?: unknown) => void }[]
  writing: Promise<void> | undefined
  /** Ends with the last transaction; a failure that was told does not stay. */
  last: Promise<void>
  isClosed: boolean
}

/**
 * Keeps state in a file of this machine, and all of it in memory. Each transaction is one line, which is on the disk before it is
 * answered; transactions at the same time share a write. One process at a time may have it: throws STORE_FAILED if another one
 * has.
 */
export async function openFileState(parts: FileStateParts): Promise<StateStore> {
  const { file, now, after } = parts
  const lock = await guarded(file, 'opened', async () => {
    mkdirSync(dirname(file), { recursive: true })
    return takeLock(file)
  })
  if (lock === undefined) throw inUse(file)
  const held = await guarded(file, 'read', async () => holdFile(parts)).catch((error: unknown) => {
    lock.release()
    throw error
  })
  const limited = <Value>(work: Promise<Value>, withinMs: number) =>
    guarded(file, 'written', () => inTime(work, { withinMs, after }))
  /** Nothing is read that may still be lost. */
  const toRead = async (withinMs: number) => {
    checkUsable(held)
    await limited(
      held.last.catch(() => {}),
      withinMs,
    )
    checkUsable(held)
    return held.table
  }

  return {
    async transact(operations, withinMs) {
      checkOperations(operations)
      checkUsable(held)
      const version = held.version + 1
      const result = held.table.transact(operations, { nowMs: now(), version: String(version) })
      // What refused it may still be lost.
      const isWritten =
        'failed' in result || result.changes.length === 0 ? held.last : add(held, version, result.changes)
      await limited(isWritten, withinMs)
      return 'failed' in result
        ? { kind: 'refused', failed: result.failed }
        : { kind: 'done', version: String(version) }
    },
    get: async (key, withinMs) => (await toRead(withinMs)).get(key, now()),
    async *list(group, { prefix = '', withinMs }) {
      yield* (await toRead(withinMs)).pages(group, prefix, now)
    },
    async close() {
      held.isClosed = true
      await held.writing
      await held.journal?.close()
      lock.release()
    },
  }
}

function holdFile({ file, now, compactBytes = COMPACT_BYTES }: FileStateParts): Held {
  return {
    ...{ file, now, compactBytes, ...load(file), journal: undefined, nextCompactBytes: compactBytes },
    ...{ unreadable: undefined, waiting: [], writing: undefined, last: Promise.resolve(), isClosed: false },
  }
}

/** Throws STORE_FAILED if the file cannot be used now. */
function checkUsable(held: Held): void {
  if (held.isClosed) throw failed(held.file, 'used', new Error('it is closed'))
  if (held.unreadable !== undefined) reload(held)
  if (held.unreadable !== undefined) throw failed(held.file, 'read', held.unreadable.error)
}

/** Resolves when the disk has the changes of a transaction. */
function add(held: Held, version: number, changes: readonly Change[]): Promise<void> {
  held.version = version
  const line = JSON.stringify({ version, changes } satisfies Line)
  held.last = new Promise<void>((resolve, reject) => {
    held.waiting.push({ line, settle: (error) => (error === undefined ? resolve() : reject(error)) })
  })
  held.last.catch(() => {})
  held.writing ??= write(held)
  return held.last
}

async function write(held: Held): Promise<void> {
  // Those of one turn are written together.
  await null
  while (held.waiting.length > 0) {
    const batch = held.waiting
    held.waiting = []
    try {
      held.journal ??= await openJournal(held.file, held.bytes)
      await held.journal.append(batch.map(({ line }) => line))
    } catch (error) {
      // Later ones were applied to what is not on the disk. Nobody may read it before it is read again.
      const lost = [...batch, ...held.waiting]
      held.waiting = []
      held.last = Promise.resolve()
      reload(held)
      for (const { settle } of lost) settle(failed(held.file, 'written', error))
      continue
    }
    for (const { settle } of batch) settle()
    if (held.journal.bytes >= held.nextCompactBytes) await compact(held, held.journal)
  }
  held.writing = undefined
}

function reload(held: Held): void {
  void held.journal?.close().catch(() => {})
  held.journal = undefined
  try {
    const { table, version, bytes } = load(held.file)
    Object.assign(held, { table, bytes, version: Math.max(held.version, version), unreadable: undefined })
  } catch (error) {
    held.unreadable = { error }
  }
}

async function compact(held: Held, journal: Journal): Promise<void> {
  // All of it at once: a later transaction must not be in it by half.
  const isDone = await journal.replace([...snapshotOf(held.table, held.version, held.now())]).then(
    () => true,
    () => false,
  )
  held.nextCompactBytes = Math.max(held.compactBytes, (isDone ? 4 : 2) * journal.bytes)
}

/** Reads what a file holds. */
function load(file: string): { table: StateTable; version: number; bytes: number } {
  const { lines, bytes } = readJournal(file)
  const table = createStateTable()
  let version = 0
  for (const line of lines) {
    const read: Line = JSON.parse(line)
    version = Math.max(version, read.version)
    for (const [group, name, entry] of read.changes) table.set([group, name, entry ?? undefined])
  }
  return { table, version, bytes }
}

function* snapshotOf(table: StateTable, version: number, nowMs: number): Generator<string> {
  let changes: Change[] = []
  for (const change of table.all(nowMs)) {
    if (changes.push(change) < CHANGES_A_LINE) continue
    yield JSON.stringify({ version, changes } satisfies Line)
    changes = []
  }
  yield JSON.stringify({ version, changes } satisfies Line)
}

async function guarded<Value>(file: string, what: string, code: () => Promise<Value>): Promise<Value> {
  try {
    return await code()
  } catch (error) {
    throw error instanceof AttakError ? error : failed(file, what, error)
  }
}

function failed(file: string, what: string, cause: unknown): AttakError {
  return new AttakError(
    'STORE_FAILED',
    `the file ${file}, where state is kept, could not be ${what}: ${wordsOfSystem(cause)}`,
    'Let attak write to the folder .attak of the project, on a disk with room.',
    { cause },
  )
}

function inUse(file: string): AttakError {
  return new AttakError(
    'STORE_FAILED',
    `another process uses the state in ${file}`,
    'End it first: one process at a time may have the state of a topology.',
  )
}
