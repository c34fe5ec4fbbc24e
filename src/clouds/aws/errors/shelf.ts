import type { Problem } from '../../../errors.ts'
import type { ErrorRecord } from '../../../runtime/error-record.ts'
import type { ParsedRecord } from '../../../runtime/parse-record.ts'

/** A place where error records wait, as who looks after them sees it: nothing is taken away by looking. */
export interface Shelf {
  /** All that is there. Throws what keeps it from being read, with its remedy. */
  list(): Promise<Shelved>
  /**
   * Removes records, in all their copies, unless they were recorded anew since: what was made later than the `time` given
   * stays. Gives the ids of those that it removed. Removes also the `unreadable` of what was listed.
   */
  remove(records: readonly RecordedAt[], unreadable?: readonly string[]): Promise<ReadonlySet<string>>
}

/** A record, and when it was recorded. */
export type RecordedAt = Pick<ErrorRecord, 'id' | 'time'>

/** What is on a shelf. */
export interface Shelved {
  /** Each once, the oldest first. */
  readonly records: readonly ErrorRecord[]
  /** What is there and cannot be read; it is left there. */
  readonly problems: readonly Problem[]
  /** The ids of messages that cannot be read and may be removed: those in the queues of crashes. */
  readonly unreadable?: readonly string[]
  /** Sentences about what was not seen. */
  readonly notes: readonly string[]
}

/** Several shelves as one. */
export function togetherOf(shelves: readonly Shelf[]): Shelf {
  return {
    async list() {
      const all = await Promise.all(shelves.map((shelf) => shelf.list()))
      return {
        records: latestOf(all.flatMap(({ records }) => records)),
        problems: all.flatMap(({ problems }) => problems),
        unreadable: all.flatMap(({ unreadable = [] }) => unreadable),
        notes: all.flatMap(({ notes }) => notes),
      }
    },
    async remove(records, unreadable) {
      const removed = await Promise.all(shelves.map((shelf) => shelf.remove(records, unreadable)))
      return new Set(removed.flatMap((ids) => [...ids]))
    },
  }
}

/** What a store holds of what was read there. */
export function shelvedOf(read: readonly ParsedRecord[]): Shelved {
  return {
    records: latestOf(read.flatMap((one) => (one.kind === 'record' ? [one.record] : []))),
    problems: countedOf(read.flatMap((one) => (one.kind === 'problem' ? [one.problem] : []))),
    notes: [],
  }
}

/** Each record once, the oldest first: of those with one id, the one that was made last, as it says most. */
export function latestOf<Kept extends RecordedAt>(records: readonly Kept[]): readonly Kept[] {
  const latest = new Map<string, Kept>()
  for (const record of records) {
    const other = latest.get(record.id)
    if (other === undefined || isAfter(record, other)) latest.set(record.id, record)
  }
  return [...latest.values()].sort((a, b) => (isAfter(a, b) ? 1 : isAfter(b, a) ? -1 : 0))
}

/** Whether a record was made after another, or at the same time as a smaller one. */
function isAfter(one: RecordedAt, other: RecordedAt): boolean {
  return Date.parse(one.time) > Date.parse(other.time)
}

/** Says of each record whether it is among those to remove, and was not recorded anew since. */
export function removableOf(records: readonly RecordedAt[]): (found: RecordedAt) => boolean {
  const latestMs = new Map<string, number>()
  for (const { id, time } of records) latestMs.set(id, Math.max(Date.parse(time), latestMs.get(id) ?? 0))
  return ({ id, time }) => Date.parse(time) <= (latestMs.get(id) ?? Number.NEGATIVE_INFINITY)
}

/** The same problem in many places, told once for each that differs: with the first place, and how many there are. */
export function countedOf(problems: readonly Problem[]): readonly Problem[] {
  const byWhat = new Map<string, Problem[]>()
  for (const problem of problems) byWhat.set(problem.what, [...(byWhat.get(problem.what) ?? []), problem])
  return [...byWhat.values()].map(([first, ...more]) =>
    more.length === 0 ? first! : { ...first!, what: `${first!.what}, and so are ${more.length} more there` },
  )
}
