import { AttakError } from '../errors.ts'
import { createDispatch, type Dispatch, type Pacing, type Refused } from './dispatch.ts'
import { type ErrorRecord, encodeRecord } from './error-record.ts'
import type { Position } from './position.ts'
import type { ErrorWriter, StoredRecord } from './store.ts'

/** Hands error records to a store: several in one call where they come together, again and again where it takes none. */
export interface ErrorKeeper {
  /**
   * Resolves when a record is stored. Rejects with an AttakError STORE_FAILED if storing fails or takes too long. While
   * a record is being stored, another with the same id shares its outcome.
   */
  keep(record: ErrorRecord): Promise<void>
  /** Sends what waits: to be called when nothing will join it. */
  flush(): void
  /** Sends waiting records, and resolves when all are stored or refused. */
  settled(): Promise<void>
}

/** The arguments of a keeper. */
export interface KeeperParts extends Pacing {
  readonly store: ErrorWriter
  /** See `encodeRecord`. */
  readonly isKept: (position: Position) => boolean
}

/** How long a record waits for others. */
const LINGER_MS = 5

/** A record that is being stored. */
interface Kept extends StoredRecord {
  readonly processor: string
  readonly key: undefined
  readonly bytes: number
  accept(): void
  refuse(error: Error): void
}

/** Makes a keeper. */
export function createKeeper({ store, isKept, after, random, remainingMs }: KeeperParts): ErrorKeeper {
  const underWay = new Map<string, Promise<void>>()
  let cancelFlush: (() => void) | undefined
  const dispatch: Dispatch<Kept> = createDispatch<Kept>({
    ...{ limits: store.limits, after, random, remainingMs },
    sender: { send: (batch, withinMs = 0) => store.put(batch, withinMs) },
    errorOf: (record, refused) => storeError(store, record, refused),
    accepted: ({ accept }) => accept(),
    refused: ({ refuse }, error) => refuse(error),
  })

  const flush = () => {
    cancelFlush?.()
    cancelFlush = undefined
    dispatch.flush()
  }

  const start = (record: ErrorRecord): Promise<void> => {
    const { id, processor } = record
    const text = encodeRecord(record, store.limits.recordBytes, isKept)
    const kept = { id, text, processor, key: undefined, bytes: Buffer.byteLength(text) }
    const promise = new Promise<void>((accept, refuse) => dispatch.post({ ...kept, accept, refuse }))
    const done = () => void underWay.delete(id)
    promise.then(done, done)
    underWay.set(id, promise)
    cancelFlush ??= after(LINGER_MS, flush)
    return promise
  }

  return {
    keep: async (record) => underWay.get(record.id) ?? start(record),
    flush,
    async settled() {
      flush()
      while (underWay.size > 0) await Promise.allSettled(underWay.values())
    },
  }
}

function storeError(store: ErrorWriter, { id, processor }: Kept, { why, tries, passing }: Refused): AttakError {
  const said = tries > 1 ? ` after ${tries} tries` : ''
  const what = `the error record ${id} of "${processor}" could not be kept in ${store.place}${said}: ${why}`
  const usual = passing
    ? 'Its message is delivered again. If this continues, check that the store exists and how much it accepts.'
    : `Its message is delivered again. Run attak deploy, which creates the topology's own resources; yours must exist. The processor's role needs ${store.action} there.`
  return new AttakError('STORE_FAILED', what, store.remedy ?? usual)
}
