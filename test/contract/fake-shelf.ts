import { countedOf, latestOf, removableOf, type Shelf } from '../../src/clouds/aws/errors/shelf.ts'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { parseRecord } from '../../src/runtime/parse-record.ts'

/** A shelf in memory. */
export interface FakeShelf extends Shelf {
  put(text: string): void
}

/** Makes a shelf with records on it. */
export function createFakeShelf(records: readonly ErrorRecord[] = []): FakeShelf {
  let texts = records.map((record) => JSON.stringify(record))
  const parse = (text: string) => parseRecord(text, 'the shelf')
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
