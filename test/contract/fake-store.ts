import type { Refusal } from '../../src/runtime/carrier.ts'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { parseRecord } from '../../src/runtime/parse-record.ts'
import type { ErrorWriter, StoredRecord, StoreLimits } from '../../src/runtime/store.ts'

/** How a fake store takes a batch: what it refuses, at once or later. */
export type TakeRecords = (
  batch: readonly StoredRecord[],
  call: number,
) => readonly Refusal[] | Promise<readonly Refusal[]>

/** A store that keeps in this process what it took. */
export interface FakeStore extends ErrorWriter {
  /** What was taken, in order, also what was taken twice. */
  readonly kept: readonly StoredRecord[]
  /** All batches that were put. */
  readonly batches: readonly (readonly StoredRecord[])[]
}

const LIMITS: StoreLimits = { recordBytes: 100_000, batchRecords: 10, batchBytes: 100_000 }

/** Makes a store that takes batches as a test says: all of them by default. */
export function createFakeStore(take: TakeRecords = () => [], limits: Partial<StoreLimits> = {}): FakeStore {
  const kept: StoredRecord[] = []
  const batches: (readonly StoredRecord[])[] = []
  return {
    name: 'fake',
    place: 'the reader fake',
    action: 'fake:Put',
    limits: { ...LIMITS, ...limits },
    kept,
    batches,
    async put(batch) {
      batches.push(batch)
      const refusals = await take(batch, batches.length - 1)
      const refused = new Set(refusals.map(({ index }) => index))
      kept.push(...batch.filter((_, index) => !refused.has(index)))
      return refusals
    },
  }
}

/** The records that a store keeps: of those of one id the last. Throws for a text that is none. */
export function recordsIn({ kept }: FakeStore): readonly ErrorRecord[] {
  const records = kept.map(({ id, text }) => {
    const read = parseRecord(text, `record ${id}`)
    if (read.kind === 'problem') throw new Error(read.problem.what)
    return [read.record.id, read.record] as const
  })
  return [...new Map(records).values()]
}

/** Refuses all of a batch, for now or for good. */
export function refuseRecords(batch: readonly StoredRecord[], passing: boolean): readonly Refusal[] {
  return batch.map((_, index) => ({ index, passing, why: passing ? 'Throttling: slow down' : 'AccessDenied: no' }))
}
