import type { Redis } from 'ioredis'
import { AttakError } from '../../errors.ts'
import { keptErrorsOf, removableOf } from '../../runtime/error-reader.ts'
import { parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorStore } from '../../runtime/store.ts'
import { type Answering, putInTime } from '../in-time.ts'

/** Where error records are kept. */
export interface RedisErrorsParts extends Answering {
  readonly client: Redis
  /** The hash that has each record by its id. */
  readonly key: string
  /** The address of Redis without its password. */
  readonly place: string
}

const RECORD_BYTES = 16 * 1024 * 1024
const BATCH_RECORDS = 100
/** So many records are removed in one call. */
const REMOVED = 500

/** Keeps error records in a hash of Redis. */
export function createRedisErrors({ client, key, place, after }: RedisErrorsParts): ErrorStore {
  const failed = (verb: 'read' | 'removed') => (error: Error) => {
    const what = `errors in ${place} cannot be ${verb}: ${error.message}`
    throw new AttakError('STORE_FAILED', what, 'Look at its log, its memory and the rights of the user.')
  }
  return {
    name: 'redis',
    place: `the hash ${key} of ${place}`,
    action: 'redis:HSET',
    remedy: 'Its message is handled again. Look at the log and the memory of Redis.',
    limits: { recordBytes: RECORD_BYTES, batchRecords: BATCH_RECORDS, batchBytes: RECORD_BYTES },
    put(batch, withinMs) {
      const texts = new Map(batch.map(({ id, text }) => [id, text]))
      return putInTime(batch, client.hset(key, texts), { withinMs, after })
    },
    async list() {
      const found = await client.hvals(key).catch(failed('read'))
      return keptErrorsOf(found.map((text) => parseRecord(text, `the hash ${key}`)))
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const removed = new Set<string>()
      for (let at = 0; at < records.length; at += REMOVED) {
        const ids = records.slice(at, at + REMOVED).map(({ id }) => id)
        const texts = await client.hmget(key, ...ids).catch(failed('read'))
        const going = ids.filter((_, index) => {
          const parsed = texts[index] == null ? undefined : parseRecord(texts[index], key)
          return parsed?.kind === 'record' && isRemovable(parsed.record)
        })
        if (going.length > 0) await client.hdel(key, ...going).catch(failed('removed'))
        for (const id of going) removed.add(id)
      }
      return removed
    },
  }
}
