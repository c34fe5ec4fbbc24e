import { countedOf, latestOf, removableOf } from '../../src/runtime/error-reader.ts'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { parseRecord } from '../../src/runtime/parse-record.ts'
import type { ErrorReader } from '../../src/runtime/store.ts'

/** A store in memory. */
export interface FakeReader extends ErrorReader {
  put(text: string): void
}

/** Makes a store with records on it. */
export function createFakeReader(records: readonly ErrorRecord[] = []): FakeReader {
  let texts = records.map((record) => JSON.stringify(record))
  const parse = (text: string) => parseRecord(text, 'the store')
  return {
    put: (text) => void texts.push(text),
    async list() {
      const parsed = texts.map(parse)
      return {
        records: latestOf(parsed.flatMap((one) => (one.kind === 'record' ? [one.record] : []))),
        problems: countedOf(parsed.flatMap((one) => (one.kind === 'problem' ? [one.problem] : []))),
        notes: [],
      }
    },
    async remove(given) {
      const isRemovable = removableOf(given)
      const removed = new Set<string>()
      texts = texts.filter((text) => {
        const parsed = parse(text)
        if (parsed.kind === 'problem' || !isRemovable(parsed.record)) return true
        removed.add(parsed.record.id)
        return false
      })
      return removed
    },
  }
}
