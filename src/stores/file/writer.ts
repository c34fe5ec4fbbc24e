import { errorOfSystem } from '../../errors.ts'
import type { ErrorWriter } from '../../runtime/store.ts'
import { openFileStore } from './store.ts'

/** As large as what can be read again is allowed to be, for one record. */
const RECORD_BYTES = 64 * 1024 * 1024

/** The writing side of a file of error records, for processors that run in this process. */
export function createFileWriter(file: string): ErrorWriter {
  const store = openFileStore(file)
  return {
    name: 'file',
    place: `the file ${file}`,
    action: 'the right to write there',
    remedy: 'The message is handled again. Let attak write to the folder .attak of the project.',
    limits: { recordBytes: RECORD_BYTES, batchRecords: 100, batchBytes: RECORD_BYTES },
    async put(batch) {
      try {
        store.append(batch.map(({ text }) => JSON.parse(text)))
        return []
      } catch (error) {
        const why = errorOfSystem(error)?.message ?? String(error)
        return batch.map((_, index) => ({ index, passing: false, why }))
      }
    },
  }
}
