/**
 * Values that a processor keeps between its messages, by key. Each processor has its own keys; all functions or workers that run
 * it share them. A key is a text of 1 to 1024 bytes. A value is JSON of at most 256 KB.
 *
 * What is set stays, also when the message fails afterwards. The message waits for these calls as for emits: without `await`, a
 * call that fails fails the message. Calls reject with STATE_REFUSED if they are not possible, and with STORE_FAILED if the
 * store fails. A call that was rejected with STORE_FAILED may have been done.
 */
export interface State {
  /** Returns what is kept under a key. */
  get<Value = unknown>(key: string): Promise<StateEntry<Value>>
  /**
   * Keeps a value under a key. Resolves to its version. If the condition in `options` does not hold, this changes nothing and
   * resolves to undefined.
   */
  set(key: string, value: unknown, options?: StateSetOptions): Promise<string | undefined>
  /** Removes a key. Resolves to false if the condition in `options` does not hold; then this changes nothing. */
  delete(key: string, options?: StateDeleteOptions): Promise<boolean>
}

/** What is kept under a key. */
export interface StateEntry<Value = unknown> {
  /** Undefined if nothing is there. */
  readonly value: Value | undefined
  /** Changes with each `set` of the key. Null if nothing is there. */
  readonly version: string | null
}

/** A condition of `delete`. */
export interface StateDeleteOptions {
  /** Only if the key has this version, which `get` returned. Null: only if nothing is there. */
  readonly ifVersion?: string | null
}

/** Conditions of `set`, at most one of them, and how long the value is kept. */
export interface StateSetOptions extends StateDeleteOptions {
  /** Only if nothing is there. */
  readonly ifAbsent?: boolean
  /** The value is removed after so many seconds. Default: it stays. */
  readonly ttlSeconds?: number
}
