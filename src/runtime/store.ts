import type { Problem } from '../errors.ts'
import type { Errors, ErrorsStore } from '../topology/recording.ts'
import type { Refusal } from './carrier.ts'
import type { ErrorRecord } from './error-record.ts'

/**
 * Where error records are kept. A function opens the side that writes, and `attak errors` the side that reads, each by a
 * factory that takes its client. The writing side makes single calls; an `ErrorKeeper` decides what becomes of a record that
 * was refused. Reading takes nothing away.
 */
export interface ErrorStore {
  readonly name: string
  /** The store's name in error messages: `the queue arn:aws:sqs:…`. */
  readonly place: string
  /** What a function has to be allowed, as its platform calls it: `sqs:SendMessage`. */
  readonly action: string
  readonly limits: StoreLimits
  /**
   * Stores records with distinct ids, within the limits, and returns the refused ones. A record without an answer
   * within that time counts as refused, though it may be stored. Readers see a record that is put twice as one. Never
   * rejects.
   */
  put(batch: readonly StoredRecord[], withinMs: number): Promise<readonly Refusal[]>
  /** Returns all that is there. Throws an AttakError where it cannot be read. */
  list(): KeptErrors | Promise<KeptErrors>
  /**
   * Removes all copies of the given records, and the `unreadable` messages that `list` returned. A copy that was recorded
   * later than the given `time` stays. Returns the ids of what was removed.
   */
  remove(
    records: readonly RecordedAt[],
    unreadable?: readonly string[],
  ): ReadonlySet<string> | Promise<ReadonlySet<string>>
}

/** The side of an {@link ErrorStore} that functions write to. */
export type ErrorWriter = Pick<ErrorStore, 'name' | 'place' | 'action' | 'limits' | 'put'>

/** The side of an {@link ErrorStore} that is looked at and cleared. */
export type ErrorReader = Pick<ErrorStore, 'list' | 'remove'>

/** The id of a record, and when it was recorded. */
export type RecordedAt = Pick<ErrorRecord, 'id' | 'time'>

/** The contents of a store. */
export interface KeptErrors {
  /** Each record once, the oldest first. */
  readonly records: readonly ErrorRecord[]
  /** Messages that cannot be read; they stay in the store. */
  readonly problems: readonly Problem[]
  /** The ids of unreadable messages that may be removed: those that the platform itself put there. */
  readonly unreadable?: readonly string[]
  /** Sentences about what was not seen. */
  readonly notes: readonly string[]
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

/** The part of the setting `errors` that a store needs. A queue has its retention itself. */
export type StoreSettings<Store extends ErrorsStore = ErrorsStore> = Store extends 'sqs'
  ? Omit<Extract<Errors, { readonly store: 'sqs' }>, 'retentionHours'>
  : Extract<Errors, { readonly store: Store }>
