import { keptErrorsOf, removableOf } from '../../runtime/error-reader.ts'
import { parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorStore } from '../../runtime/store.ts'
import { type Answering, putInTime } from '../in-time.ts'

/** Where error records are kept. */
export interface KafkaErrorsParts extends Answering {
  /** The compacted topic that has each record by its id. */
  readonly topic: string
  /** The address of Kafka without its password. */
  readonly place: string
  /** Writes records; no text removes one. */
  readonly write: (entries: readonly Entry[]) => Promise<void>
  /** Reads the topic from its start. */
  readonly read: () => Promise<readonly Entry[]>
}

interface Entry {
  readonly id: string
  readonly text: string | undefined
}

const RECORD_BYTES = 900_000
const BATCH_RECORDS = 100

/** Keeps error records in a compacted topic of Kafka. */
export function createKafkaErrors({ topic, place, write, read, after }: KafkaErrorsParts): ErrorStore {
  const kept = async () => {
    const texts = new Map<string, string>()
    for (const { id, text } of await read()) {
      texts.delete(id)
      if (text !== undefined) texts.set(id, text)
    }
    return texts
  }
  return {
    name: 'kafka',
    place: `the topic ${topic} of ${place}`,
    action: 'kafka:Write',
    remedy: 'Its message is handled again. Look at the log of Kafka.',
    limits: { recordBytes: RECORD_BYTES, batchRecords: BATCH_RECORDS, batchBytes: RECORD_BYTES },
    put: (batch, withinMs) => putInTime(batch, write(batch), { withinMs, after }),
    async list() {
      return keptErrorsOf([...(await kept()).values()].map((text) => parseRecord(text, `the topic ${topic}`)))
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const texts = await kept()
      const going = records.flatMap(({ id }) => {
        const text = texts.get(id)
        const parsed = text === undefined ? undefined : parseRecord(text, topic)
        return parsed?.kind === 'record' && isRemovable(parsed.record) ? [id] : []
      })
      if (going.length > 0) await write(going.map((id) => ({ id, text: undefined })))
      return new Set(going)
    },
  }
}
