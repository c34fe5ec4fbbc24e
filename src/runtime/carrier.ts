import type { CarrierLimits, CarrierRules } from '../topology/carrier-rules.ts'
import type { Message } from './message.ts'
import type { Position } from './position.ts'

/**
 * The common part of every carrier: how it sends, and what it accepts. `World` is what sending needs: a client, and the
 * scope of the channels.
 */
export interface SendingCarrier<World, Carried> {
  readonly name: string
  readonly rules: Pick<CarrierRules, 'orderedByKey'> & { readonly limits: Pick<CarrierLimits, 'messageBytes'> }
  /** Opens the way to one channel. */
  openSender(world: World, channel: CarriedChannel): Sender<Carried>
}

/** One way that messages travel between the processes of processors; `via` names it. */
export interface Carrier<World> extends SendingCarrier<World, WireRecord> {
  readonly rules: CarrierRules
  readonly receiver: Receiver
}

/** The carriers of a worker, by name. */
export interface OpenCarriers {
  readonly receivers: Readonly<Record<string, Pick<Carrier<never>, 'receiver'>>>
  /** Opens the way to one channel over one carrier. */
  openSender(via: string, channel: CarriedChannel): Sender<WireRecord>
}

/** A channel, as the graph calls it. */
export interface CarriedChannel {
  readonly name: string
  /** Whether it must keep the order of each key. */
  readonly fifo: boolean
}

/** The limits of sending to one channel. */
export interface SendLimits extends CarrierLimits {
  /** Whether messages of one key arrive in the order in which they were sent. Without, keys cannot be sent. */
  readonly orderedByKey: boolean
}

/** A unit that is sent, and accepted or refused, as a whole: a message, or a pack of several. */
export interface WireRecord {
  /** The messages in it, at least one. */
  readonly messages: readonly Message[]
  /** All its messages have this key. */
  readonly key: string | undefined
  readonly body: string
  /** UTF-8 bytes of body and key together. */
  readonly bytes: number
  /** It need not arrive sooner. A carrier that can holds it back, for as long as it can; it may come too early. */
  readonly delayMs?: number
}

/** An open way to one channel. */
export interface Sender<Carried = Message> {
  /**
   * Sends the records of one call, in order, within the limits. Returns undefined when all were accepted at once, else
   * a promise of the refused ones. Between processes it may take at most `withinMs`. A record without an answer by then
   * counts as refused, though it may have arrived.
   */
  send(batch: readonly Carried[], withinMs?: number): undefined | Promise<readonly Refusal[]>
  /** Closes the carrier after it has sent everything that was passed to it. May be called again. */
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

/** The receiving side of one platform: reads its invocation payloads and answers them. Pure. */
export interface Receiver {
  /** The value of `eventSource` in its records: `aws:kinesis`. */
  readonly eventSource: string
  /** The platform redelivers failed records at once, without a delay. */
  readonly redeliversAtOnce: boolean
  /** The platform's name of a channel, also in positions. */
  channelOf(scope: { readonly topology: string; readonly stage: string }, channel: CarriedChannel): string
  /** The records of a payload, in order; every message is to the processor `to`. Unreadable records are bare data. */
  decode(payload: unknown, to: string): readonly Delivery[]
  /** Whether the record at a position can still be read after it was handled, while its channel retains it. */
  isKept(position: Position): boolean
  /** Returns the platform's answer to a payload. The `failed` records are redelivered. */
  settle(failed: ReadonlySet<string>): unknown
}

/** One record of an invocation payload. */
export interface Delivery {
  /** The platform's id of the record: a sequence number, a message id. */
  readonly record: string
  /** The record's place, for logs and error records. */
  readonly position: Position
  /** One message, or those of a pack; at least one. A foreign record is one message without topic: see `codec.ts`. */
  readonly messages: readonly Message[]
}
