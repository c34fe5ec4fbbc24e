import type { Problem } from '../errors.ts'
import type { Errors, ErrorsStore } from '../topology/recording.ts'
import type { Refusal } from './carrier.ts'
import type { ErrorRecord } from './error-record.ts'

/**
 * A store of error records. A function opens the writing side, and `attak errors` the reading side, each by a factory
 * that takes its client. The writing side makes single calls; an `ErrorKeeper` decides what happens to a refused
 * record. Reading removes nothing.
 */
export interface ErrorStore {
  readonly name: string
  /** The store's name in error messages: `the queue arn:aws:sqs:…`. */
  readonly place: string
  /** The permission that a function needs, in its platform's terms: `sqs:SendMessage`. */
  readonly action: string
  readonly limits: StoreLimits
  /** What to do if it takes no record. Default: what helps for a deployed topology. */
  readonly remedy?: string
  /**
   * Stores records with distinct ids, within the limits, and returns the refused ones. A record without an answer
   * within that time counts as refused, though it may be stored. Readers see a record that is put twice as one. Never
   * rejects.
   */
  put(batch: readonly StoredRecord[], withinMs: number): Promise<readonly Refusal[]>
  /** Returns all contents. Throws an AttakError if the store cannot be read. */
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
export type ErrorWriter = Pick<ErrorStore, 'name' | 'place' | 'action' | 'limits' | 'remedy' | 'put'>

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
  /** Sentences about what could not be listed. */
  readonly notes: readonly string[]
}

/** The limits of one call of a store. */
export interface StoreLimits {
  /** The largest record, in bytes of its text: see `encodeRecord`. */
  readonly recordBytes: number
  readonly batchRecords: number
  /** For all texts together. */
  readonly batchBytes: number
}

/** An error record in its stored form. */
export interface StoredRecord {
  readonly id: string
  /** See `encodeRecord`. */
  readonly text: string
}

/** The part of the setting `errors` that a store needs. A queue has its retention itself. */
export type StoreSettings<Store extends ErrorsStore = ErrorsStore> = Store extends 'sqs'
  ? Omit<Extract<Errors, { readonly store: 'sqs' }>, 'retentionHours'>
  : Extract<Errors, { readonly store: Store }>
