import { describe, expect } from 'vitest'
import type { ErrorWriter, StoredRecord } from '../../src/runtime/store.ts'
import { lawsIn, type Skip } from './law.ts'

/** A store in its own world, and what it keeps. */
export interface StoreWorld {
  readonly store: ErrorWriter
  /** The same, where what it puts into is not there. */
  readonly lost: ErrorWriter
  /** Texts of all that is kept. */
  kept(): Promise<readonly string[]>
  close(): Promise<void>
}

/** What a call may take. */
const CALL_MS = 10_000

/** A record as a store is given it; stores do not read it. */
function stored(index: number, text = `{"n":${index},"t":"ä\u2028 \\" </x> \\ufffe"}`): StoredRecord {
  return { id: index.toString(16).padStart(32, '0'), text }
}

/** What every store does: the definition of the `ErrorWriter` interface. A skip's reason shows in the test's name. */
export function storeContract(
  name: string,
  make: () => Promise<StoreWorld> | StoreWorld,
  skips: readonly Skip[] = [],
): void {
  const law = lawsIn({ make, skips })

  describe(`the store ${name}`, () => {
    law(
      'has a name and limits, its kind and its permissions',
      async ({ store: { name: own, place, action, limits } }) => {
        expect(own).toMatch(/^[a-z][a-z0-9]*$/)
        expect(place).toMatch(/^the \w+ \S+$/)
        expect(action).toMatch(/^[a-z0-9]+:[A-Z]\w+$/)
        expect(limits.batchRecords).toBeGreaterThan(0)
        expect(limits.batchBytes).toBeGreaterThanOrEqual(limits.batchRecords)
      },
    )

    law('keeps texts unchanged', async ({ store, kept }) => {
      expect(await store.put([stored(1)], CALL_MS)).toEqual([])
      expect(await kept()).toEqual([stored(1).text])
    })

    law('keeps characters of every plane of Unicode', async ({ store, kept }) => {
      expect(await store.put([stored(1, '"𝄞"')], CALL_MS)).toEqual([])
      expect(await kept()).toEqual(['"𝄞"'])
    })

    law('keeps as many records as one call accepts', async ({ store, kept }) => {
      const records = Array.from({ length: store.limits.batchRecords }, (_, index) => stored(index))
      expect(await store.put(records, CALL_MS)).toEqual([])
      expect([...(await kept())].sort()).toEqual(records.map(({ text }) => text).sort())
    })

    law('keeps a record of the largest size', async ({ store, kept }) => {
      const most = Math.min(store.limits.recordBytes, 2_000_000)
      const text = JSON.stringify('x'.repeat(most - 2))
      expect(await store.put([stored(1, text)], CALL_MS)).toEqual([])
      expect((await kept()).map((found) => found.length)).toEqual([most])
    })

    law('keeps a record that is put twice, with the same text', async ({ store, kept }) => {
      await store.put([stored(1), stored(2)], CALL_MS)
      await store.put([stored(2), stored(3)], CALL_MS)
      expect([...new Set(await kept())].sort()).toEqual([1, 2, 3].map((index) => stored(index).text))
    })

    law('refuses all records for good, with a reason, if it does not exist', async ({ lost, kept }) => {
      const refused = await lost.put([stored(1), stored(2)], CALL_MS)
      expect(refused.map(({ index, passing }) => [index, passing])).toEqual([
        [0, false],
        [1, false],
      ])
      expect(refused[0]!.why).toMatch(/NotFound|NonExistent|DoesNotExist|NoSuch/)
      expect(await kept()).toEqual([])
    })
  })
}
