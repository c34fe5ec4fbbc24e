/**
 * Remembers which messages were handled, so that a redelivered message is not handled again. A handler holds a lease of
 * its message while it runs; a lease ends by itself after a crash. A factory makes the store from its client and the
 * time to remember. Each method makes a single call. It rejects with an AttakError STORE_FAILED without an answer in
 * time, though the operation may have been done.
 */
export interface HandledStore {
  /**
   * Returns a lease of a message by its id, `<processor>/<message id>`, without taking it; `digest` distinguishes it
   * from other messages with that id. A message that must be handled in any case is handled without taking the lease.
   */
  lease(id: string, digest: string): Lease
  /** Takes a lease where the message is free. Without an answer, the same lease can be asked for again. */
  begin(lease: Lease, times: LeaseTimes): Promise<Begun>
  /** Records that the message was handled. Later calls of `begin` return that, while the store remembers it. */
  done(lease: Lease, withinMs: number): Promise<void>
  /**
   * Records that the message was not handled, or not to its end: the next `begin` may take it. Does nothing if another
   * lease exists.
   */
  release(lease: Lease, withinMs: number): Promise<void>
}

/** Logged for a message whose id was handled before with other data. */
export const OTHER_DATA = 'a message with this id but other data was handled before; this one is handled too'

/** Time limits, in milliseconds. */
export interface LeaseTimes {
  /** When another may take the message after all: by then, its handler does not run any more. */
  readonly leaseMs: number
  readonly withinMs: number
}

/** Whether a message may be handled. */
export type Begun =
  /** The caller may handle it, with this lease; `differs`: its id came with other data before. */
  | { readonly kind: 'new' | 'differs'; readonly lease: Lease }
  /** It was handled. */
  | { readonly kind: 'done' }
  /** Another function handles it, or did so when it crashed, less than its lease ago. */
  | { readonly kind: 'busy' }

/** The right to handle a message. */
export interface Lease {
  /** The store's key of the message. */
  readonly key: string
  readonly digest: string
  /** No other lease has it. */
  readonly token: string
}
