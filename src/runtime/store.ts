import type { Errors, ErrorsStore } from '../topology/recording.ts'
import type { Refusal } from './carrier.ts'

/**
 * Where a deployed function keeps what failed: made by a factory that takes its client. It makes single calls; what becomes
 * of a record that was refused is up to an `ErrorKeeper`.
 */
export interface ErrorStore {
  readonly name: string
  /** What it is, for what is said of a failure: `the queue arn:aws:sqs:…`. */
  readonly place: string
  /** What a function has to be allowed, as its platform calls it: `sqs:SendMessage`. */
  readonly action: string
  readonly limits: StoreLimits
  /**
   * Keeps records, within the limits and each of another id, and gives what was refused; what has no answer within that time
   * is refused, though it may be kept. One that is put twice is one record to who reads. Never rejects.
   */
  put(batch: readonly StoredRecord[], withinMs: number): Promise<readonly Refusal[]>
}

/** What one call of a store takes. */
export interface StoreLimits {
  /** The largest record, in bytes of its text: see `encodeRecord`. */
  readonly recordBytes: number
  readonly batchRecords: number
  /** Of all texts together. */
  readonly batchBytes: number
}

/** An error record as it is kept. */
export interface StoredRecord {
  readonly id: string
  /** See `encodeRecord`. */
  readonly text: string
}

/** What a store has to know of the setting `errors`: how long a queue keeps its messages, the queue knows. */
export type StoreSettings<Store extends ErrorsStore = ErrorsStore> = Store extends 'sqs'
  ? Omit<Extract<Errors, { readonly store: 'sqs' }>, 'retentionHours'>
  : Extract<Errors, { readonly store: Store }>
