import type { Message } from './message.ts'

/** One way to move messages. What differs between transports is said by `limits`, never asked by name. */
export interface Transport {
  readonly name: string
  readonly limits: TransportLimits
  /** Opens the way to one address: whatever the transport calls its streams or queues. */
  open(address: string): Sender
}

/** What a transport can carry. */
export interface TransportLimits {
  /** The largest message: data and metadata as they travel. */
  readonly messageBytes: number
  /** Whether messages of one key arrive in the order in which they were sent. */
  readonly orderedByKey: boolean
}

/** An open way to one address. */
export interface Sender {
  /**
   * Hands messages over, in order. Gives undefined when all were accepted at once, else a promise of the ids of those
   * that were refused, in order. Throws when none could be handed over.
   */
  send(messages: readonly Message[]): undefined | Promise<readonly string[]>
  /** Ends it, after what was handed over is on its way. May be called again. */
  close(): Promise<void>
}
