import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type Found, factsOfRecord, type Source } from './fact.ts'
import { foundOf } from './logged.ts'

/** Looks messages up in error records alone: in those of a simulation, which hold all that led to what failed. */
export function recordsSource(records: readonly ErrorRecord[], remedy: string): Source {
  return {
    remedy,
    find: async (prefix) => foundInRecords(records, prefix),
    trace: async ({ root }) => records.flatMap(factsOfRecord).filter((fact) => fact.root === root),
    details: async () => [],
  }
}

/**
 * The records whose ids begin so, and the messages in records; without a prefix the record that was made last. A crash
 * of a function with several messages is each of them.
 */
export function foundInRecords(records: readonly ErrorRecord[], prefix: string | undefined): readonly Found[] {
  if (prefix === undefined) {
    const [newest] = records.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time))
    return newest === undefined ? [] : foundOfRecord(newest)
  }
  const own = records.filter(({ id }) => id.startsWith(prefix)).flatMap(foundOfRecord)
  const messages = new Map<string, Found>()
  for (const fact of records.flatMap(factsOfRecord)) {
    if (fact.message.startsWith(prefix)) messages.set(`${fact.message} ${fact.processor}`, foundOf(fact))
  }
  return [...own, ...messages.values()]
}

function foundOfRecord(record: ErrorRecord): readonly Found[] {
  const facts = factsOfRecord(record)
  const own = record.kind === 'crash' ? facts : facts.slice(-1)
  return own.map((fact) => ({ ...foundOf(fact), record: record.id }))
}
