import { describe, expect } from 'vitest'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import type { ErrorReader } from '../../src/runtime/store.ts'
import { recordOf } from './error-record.ts'
import { lawsIn, type Skip } from './law.ts'
import { messageOf } from './message.ts'

/** A reader in its own world. */
export interface ReaderWorld {
  readonly reader: ErrorReader
  /** Puts a text there, as functions put records. */
  put(id: string, text: string): Promise<void>
  close(): Promise<void>
}

/** A separate record message, and when it was made. */
export function nthRecord(index: number, minute = index): ErrorRecord {
  const message = messageOf({ id: index.toString(16).padStart(32, '0'), data: { order: index } })
  const error = Object.assign(new Error('no stock'), { stack: 'Error: no stock\n    at b (b.js:1:1)' })
  return recordOf({ message, error, timeMs: Date.UTC(2026, 10, 21, 13, minute) })
}

/** What every reader does: the definition of the `ErrorReader` interface. */
export function readerContract(
  name: string,
  make: () => Promise<ReaderWorld> | ReaderWorld,
  skips: readonly Skip[] = [],
): void {
  const law = lawsIn({ make, skips })
  const putAll = async ({ put }: ReaderWorld, records: readonly ErrorRecord[]) => {
    for (const record of records) await put(record.id, JSON.stringify(record))
  }
  const idsOn = async ({ reader }: ReaderWorld) => (await reader.list()).records.map(({ id }) => id)

  describe(`the error reader ${name}`, () => {
    law('is empty at first', async ({ reader }) => {
      expect(await reader.list()).toEqual({ records: [], problems: [], notes: [] })
    })

    law('lists its records, the oldest first; listing removes nothing', async (world) => {
      const records = Array.from({ length: 25 }, (_, index) => nthRecord(index))
      await putAll(world, records.toReversed())
      for (const _ of [1, 2]) expect((await world.reader.list()).records).toEqual(records)
    })

    law('lists a record once that was recorded twice, in its last form', async (world) => {
      await putAll(world, [nthRecord(1, 5), nthRecord(2), nthRecord(1, 9)])
      expect((await world.reader.list()).records).toEqual([nthRecord(2), nthRecord(1, 9)])
    })

    law('removes all copies of records, and returns which; missing ones are not among them', async (world) => {
      await putAll(world, [nthRecord(1, 5), nthRecord(2), nthRecord(3), nthRecord(1, 9)])
      const removed = await world.reader.remove([nthRecord(1, 9), nthRecord(3), nthRecord(4)])
      expect(removed).toEqual(new Set([nthRecord(1).id, nthRecord(3).id]))
      expect(await idsOn(world)).toEqual([nthRecord(2).id])
      expect(await world.reader.remove([nthRecord(3)])).toEqual(new Set())
    })

    law('keeps a record that was recorded again since', async (world) => {
      await putAll(world, [nthRecord(1, 5), nthRecord(1, 9)])
      await world.reader.remove([nthRecord(1, 5)])
      expect((await world.reader.list()).records).toEqual([nthRecord(1, 9)])
    })

    law('reports what it cannot read, and keeps it', async (world) => {
      await putAll(world, [nthRecord(1)])
      await world.put('ab'.repeat(16), JSON.stringify({ ...nthRecord(2), attakerror: 2 }))
      const { records, problems } = await world.reader.list()
      expect(records).toEqual([nthRecord(1)])
      expect(problems).toMatchObject([{ code: 'RECORD_UNREADABLE', remedy: expect.stringContaining('Update attak') }])
      await world.reader.remove([nthRecord(1), nthRecord(2)])
      expect((await world.reader.list()).problems).toEqual(problems)
    })
  })
}
