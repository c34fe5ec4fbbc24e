import { AttakError } from '../../errors.ts'
import { keptErrorsOf, removableOf } from '../../runtime/error-reader.ts'
import { parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorStore } from '../../runtime/store.ts'
import { type Answering, putInTime } from '../in-time.ts'

/** Where error records are kept. */
export interface RabbitErrorsParts extends Answering {
  readonly queue: string
  /** The address of RabbitMQ without its password. */
  readonly place: string
  /** Resolves when RabbitMQ has the texts. */
  write(texts: readonly string[]): Promise<void>
  /** Reads the queue, and removes those texts of which `isDone` says so. `left` is how many were not read. */
  read(isDone: (text: string) => boolean): Promise<{ readonly texts: readonly string[]; readonly left: number }>
}

const RECORD_BYTES = 16 * 1024 * 1024
const BATCH_RECORDS = 100

/** Keeps error records in a queue of RabbitMQ. */
export function createRabbitErrors({ queue, place, write, read, after }: RabbitErrorsParts): ErrorStore {
  const where = `the queue ${queue}`
  const failed = (verb: 'read' | 'removed') => (error: Error) => {
    const what = `errors in ${place} cannot be ${verb}: ${error.message}`
    throw new AttakError('STORE_FAILED', what, 'Look at its log and the rights of the user.')
  }
  return {
    name: 'rabbitmq',
    place: `${where} of ${place}`,
    action: 'rabbitmq:publish',
    remedy: 'Its message is handled again. Look at the log, the memory and the disk of RabbitMQ.',
    limits: { recordBytes: RECORD_BYTES, batchRecords: BATCH_RECORDS, batchBytes: RECORD_BYTES },
    put: (batch, withinMs) => putInTime(batch, write(batch.map(({ text }) => text)), { withinMs, after }),
    async list() {
      const { texts, left } = await read(() => false).catch(failed('read'))
      const kept = keptErrorsOf(texts.map((text) => parseRecord(text, where)))
      if (left === 0) return kept
      return { ...kept, notes: [`${where} has ${left} more, which are listed when these are purged or replayed.`] }
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const removed = new Set<string>()
      const isDone = (text: string) => {
        const parsed = parseRecord(text, where)
        if (parsed.kind !== 'record' || !isRemovable(parsed.record)) return false
        removed.add(parsed.record.id)
        return true
      }
      await read(isDone).catch(failed('removed'))
      return removed
    },
  }
}
