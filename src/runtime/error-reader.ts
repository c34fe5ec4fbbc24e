import type { Problem } from '../errors.ts'
import type { ParsedRecord } from './parse-record.ts'
import type { ErrorReader, KeptErrors, RecordedAt } from './store.ts'

/** Returns one reader for the records of several. */
export function joinReaders(readers: readonly ErrorReader[]): ErrorReader {
  return {
    async list() {
      const all = await Promise.all(readers.map((reader) => reader.list()))
      return {
        records: latestOf(all.flatMap(({ records }) => records)),
        problems: all.flatMap(({ problems }) => problems),
        unreadable: all.flatMap(({ unreadable = [] }) => unreadable),
        notes: all.flatMap(({ notes }) => notes),
      }
    },
    async remove(records, unreadable) {
      const removed = await Promise.all(readers.map((reader) => reader.remove(records, unreadable)))
      return new Set(removed.flatMap((ids) => [...ids]))
    },
  }
}

/** Sorts the parsed contents of a store into records and problems. */
export function keptErrorsOf(read: readonly ParsedRecord[]): KeptErrors {
  return {
    records: latestOf(read.flatMap((one) => (one.kind === 'record' ? [one.record] : []))),
    problems: countedOf(read.flatMap((one) => (one.kind === 'problem' ? [one.problem] : []))),
    notes: [],
  }
}

/** Returns each record once, the oldest first. Of two with the same id, the one that was recorded later counts. */
export function latestOf<Kept extends RecordedAt>(records: readonly Kept[]): readonly Kept[] {
  const latest = new Map<string, Kept>()
  for (const record of records) {
    const other = latest.get(record.id)
    if (other === undefined || isAfter(record, other)) latest.set(record.id, record)
  }
  return [...latest.values()].sort((a, b) => (isAfter(a, b) ? 1 : isAfter(b, a) ? -1 : 0))
}

function isAfter(one: RecordedAt, other: RecordedAt): boolean {
  return Date.parse(one.time) > Date.parse(other.time)
}

/** Returns a check whether a record is among those to remove, and was not recorded again since. */
export function removableOf(records: readonly RecordedAt[]): (found: RecordedAt) => boolean {
  const latestMs = new Map<string, number>()
  for (const { id, time } of records) latestMs.set(id, Math.max(Date.parse(time), latestMs.get(id) ?? 0))
  return ({ id, time }) => Date.parse(time) <= (latestMs.get(id) ?? Number.NEGATIVE_INFINITY)
}

/** Returns each different problem once: with the first place, and the number of other places. */
export function countedOf(problems: readonly Problem[]): readonly Problem[] {
  const byWhat = new Map<string, Problem[]>()
  for (const problem of problems) byWhat.set(problem.what, [...(byWhat.get(problem.what) ?? []), problem])
  return [...byWhat.values()].map(([first, ...more]) =>
    more.length === 0 ? first! : { ...first!, what: `${first!.what}, and so are ${more.length} more there` },
  )
}
