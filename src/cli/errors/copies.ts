import type { ErrorRecord } from '../../runtime/error-record.ts'
import type { FileStore } from '../../stores/file/store.ts'

/** A local copy of a record, and whether it was replayed. */
export type Copy = ErrorRecord & {
  /** When its replay was accepted, RFC 3339; absent where it was not replayed from here. */
  readonly replayed?: string
}

/** Local copies of the errors of a stage: they can be shown after their store has lost them. */
export interface Copies {
  /** By id. */
  readonly all: ReadonlyMap<string, Copy>
  /** Stores records. A record that was recorded again after its replay counts as not replayed. */
  keep(records: readonly ErrorRecord[]): void
  /** Remembers, at once, that replays were accepted. */
  markReplayed(records: readonly ErrorRecord[], time: string): void
}

/** The age at which copies are removed: 30 days, more than twice the longest retention of a queue. */
export const KEPT_MS = 30 * 86_400_000

/** The file of copies: see `src/stores/file/months.ts`. */
export interface CopyFile extends Pick<FileStore, 'append'> {
  list(choose: (earlier: Copy, later: Copy) => Copy): Pick<ReturnType<FileStore['list']>, 'records'>
}

/** Opens the copies in a file. `nowMs` is milliseconds since 1970. */
export function openCopies(file: CopyFile, nowMs: number): Copies {
  const listed: readonly Copy[] = file.list(latestCopy).records
  const kept = listed.filter(({ time, replayed }) => Date.parse(replayed ?? time) >= nowMs - KEPT_MS)
  const all = new Map(kept.map((copy) => [copy.id, copy]))
  const put = (copies: readonly Copy[]) => {
    if (copies.length > 0) file.append(copies)
    for (const copy of copies) all.set(copy.id, copy)
  }
  return {
    all,
    keep(records) {
      put(records.filter((record) => isNews(record, all.get(record.id))))
    },
    markReplayed(records, time) {
      put(records.map((record) => ({ ...record, replayed: time })))
    },
  }
}

/** Whether a record was replayed from here since it was recorded. */
export function isReplayed(record: ErrorRecord, { all }: Pick<Copies, 'all'>): boolean {
  const copy = all.get(record.id)
  return copy?.replayed !== undefined && Date.parse(record.time) <= Date.parse(copy.time)
}

/**
 * Whether a record is new, was recorded again, or has more content: events of a crash may have been read back only now.
 */
function isNews(record: ErrorRecord, copy: Copy | undefined): boolean {
  if (copy === undefined || Date.parse(record.time) > Date.parse(copy.time)) return true
  return copy.replayed === undefined && (record.suspects?.length ?? 0) > (copy.suspects?.length ?? 0)
}

/** Returns the copy with the later recording; of equal ones, the copy that was replayed. */
function latestCopy(earlier: Copy, later: Copy): Copy {
  const laterMs = Date.parse(later.time) - Date.parse(earlier.time)
  if (laterMs !== 0) return laterMs > 0 ? later : earlier
  return earlier.replayed !== undefined && later.replayed === undefined ? earlier : later
}
