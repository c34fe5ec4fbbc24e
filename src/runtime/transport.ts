import type { Message } from './message.ts'

/**
 * One way to move what it carries: messages as they are within a process, records between processes. What differs
 * between transports is said by `limits`, never asked by name.
 */
export interface Transport<Carried = Message, Limits extends TransportLimits = TransportLimits> {
  readonly name: string
  readonly limits: Limits
  /** Opens the way to one address: whatever the transport calls its streams or queues. */
  open(address: string): Sender<Carried>
}

/** A transport between processes: it carries text, as {@link WireRecord}. */
export type WireTransport = Transport<WireRecord, WireLimits>

/** What a transport can carry. */
export interface TransportLimits {
  /** The largest message: data and metadata as they travel, with its key. */
  readonly messageBytes: number
  /** Whether messages of one key arrive in the order in which they were sent. Without, keys cannot be sent. */
  readonly orderedByKey: boolean
}

/** What a transport between processes can carry in one call. */
export interface WireLimits extends TransportLimits {
  /** The most records that one call accepts. */
  readonly batchRecords: number
  /** The most bytes of one call's records, with their keys. */
  readonly batchBytes: number
}

/** What travels as one piece, and is accepted or refused as one: a message, or a pack of some. */
export interface WireRecord {
  /** The messages in it, at least one. */
  readonly messages: readonly Message[]
  /** All its messages have this key. */
  readonly key: string | undefined
  readonly body: string
  /** UTF-8 bytes of body and key together. */
  readonly bytes: number
  /** It need not arrive sooner. A transport that can holds it back, for as long as it can; it may come too early. */
  readonly delayMs?: number
}

/** An open way to one address. */
export interface Sender<Carried = Message> {
  /**
   * Hands over what one call carries, in order, within the limits. Gives undefined when all was accepted at once, else a
   * promise of what was refused. Between processes it may take `withinMs` at most, and what has no answer by then is
   * refused, though it may have arrived.
   */
  send(batch: readonly Carried[], withinMs?: number): undefined | Promise<readonly Refusal[]>
  /** Ends it, after what was handed over is on its way. May be called again. */
  close(): Promise<void>
}

/** One thing of a batch that was not accepted. */
export interface Refusal {
  /** Its place in the batch. */
  readonly index: number
  /** Whether the same may be accepted later: too much at once, a broken connection, a fault of the platform. */
  readonly passing: boolean
  /** The platform's word and sentence for it: `ProvisionedThroughputExceededException: Rate exceeded…`. */
  readonly why: string
}

/** What receives from one platform: reads its invocation payloads and answers them. Pure. */
export interface Receiver {
  /** Failed records come again at once, and not after a wait of their own. */
  readonly redeliversAtOnce: boolean
  /** The records of a payload, in order; every message is to the processor `to`. Unreadable records are bare data. */
  decode(payload: unknown, to: string): readonly Delivery[]
  /** The platform's answer after a payload was handled but for the `failed` records, which come again. */
  settle(failed: ReadonlySet<string>): unknown
}

/** One record of an invocation payload. */
export interface Delivery {
  /** What the platform knows it by: a sequence number, a message id. */
  readonly record: string
  /** Where it stood, for logs and error records: `<stream>/<shard>/<sequence>`, `<queue>/<message id>`. */
  readonly position: string
  /** One message, or those of a pack, at least one. A foreign record gives one without topic: see `codec.ts`. */
  readonly messages: readonly Message[]
}
