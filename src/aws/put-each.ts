import type { ErrorWriter, StoredRecord } from '../runtime/store.ts'
import type { AwsResult } from './client.ts'
import { refuseAll } from './sender.ts'

/** The `put` of a store whose calls take one record: all of a batch at the same time. */
export function putEach(put: (record: StoredRecord, withinMs: number) => Promise<AwsResult>): ErrorWriter['put'] {
  return async (batch, withinMs) => {
    const results = await Promise.all(batch.map((record) => put(record, withinMs)))
    return results.flatMap((result, index) => (result.ok ? [] : [{ ...refuseAll([0], result)[0]!, index }]))
  }
}
