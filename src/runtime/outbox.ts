import type { Message } from './message.ts'
import type { WireTransport } from './transport.ts'

/** What carries the messages of a channel. */
export interface OutboxChannel {
  readonly transport: WireTransport
  /** What the transport opens. */
  readonly address: string
  /** The most messages of one record; 1 sends each by itself. */
  readonly pack: number
}

/** What an outbox works with. */
export interface OutboxParts {
  readonly topology: string
  readonly stage: string
  /** Finds a channel by its name, once for each name. */
  readonly channel: (name: string) => OutboxChannel
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls back after a wait; gives what takes that back. */
  readonly after: (ms: number, call: () => void) => () => void
  /** From 0 up to 1. */
  readonly random: () => number
  /** How much longer sending may take; what is not accepted by then is refused. */
  readonly remainingMs: () => number
}

/** Where the emits of all invocations of an entry invocation wait for others, so that they travel together. */
export interface Outbox {
  /**
   * Takes a message as it is now: changes to its data afterwards do not travel. The promise resolves when its channel
   * has accepted it; messages that travel together share one. Throws an {@link AttakError} for what cannot travel:
   * `EMIT_REFUSED`, `EMIT_TOO_LARGE`; rejects with `EMIT_NOT_ACCEPTED` what the platform did not take in time.
   */
  add(channel: string, message: Message): Promise<void>
  /** Sends what waits: to be called when no handler is running, since nothing will join it. */
  idle(): void
  /** Resolves when everything that was added is accepted or refused. */
  settled(): Promise<void>
  /** Sends what waits, and closes what was opened. May be called again. */
  close(): Promise<void>
}
