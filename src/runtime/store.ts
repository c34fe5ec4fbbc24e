/** Where a deployed function keeps what failed. Made by a factory that takes its client; see `errorRecordOf`. */
export interface ErrorStore {
  readonly name: string
  readonly limits: StoreLimits
  /**
   * Keeps records, which are within the limits: several of one call, each of another id. One that is put twice is one record
   * to who reads. Tries again what passes, as long as there is time; rejects with an AttakError STORE_FAILED when not all of
   * them are kept by then, some of which may be.
   */
  put(records: readonly StoredRecord[], withinMs: number): Promise<void>
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
