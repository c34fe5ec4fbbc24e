/** The names that a topology has on RabbitMQ. Names of processors have no dot, so none of these is that of another. */
export interface Names {
  /** Before all others: `attak.shop--dev`. */
  readonly prefix: string
  /** Holds one message: the channels, with their lanes. */
  readonly catalog: string
  readonly errors: string
  /** Workers tell each other here that they are there: an exchange. */
  readonly workers: string
  /** Each worker consumes this queue, in which nothing is: so it counts them. */
  readonly present: string
}

/** Returns the names of a topology in a stage. */
export function namesOf({ topology, stage }: { readonly topology: string; readonly stage: string }): Names {
  const prefix = `attak.${topology}--${stage}`
  return {
    prefix,
    catalog: `${prefix}.channels`,
    errors: `${prefix}.errors`,
    workers: `${prefix}.workers`,
    present: `${prefix}.present`,
  }
}

/** The queue of a lane: `attak.shop--dev.bill.3`. */
export function laneQueue({ prefix }: Names, channel: string, index: number): string {
  return `${prefix}.${channel}.${index}`
}

/** The queues of all lanes of a channel, in order. */
export function laneQueues(names: Names, channel: string, lanes: number): readonly string[] {
  return Array.from({ length: lanes }, (_, index) => laneQueue(names, channel, index))
}

/** The queue, and its exchange, of messages that are held back: `attak.shop--dev.bill.later.60`. */
export function delayQueue({ prefix }: Names, channel: string, seconds: number): string {
  return `${prefix}.${channel}.later.${seconds}`
}

/** The queue of one message: what the next owner of a lane has to know. */
export function stateQueue(lane: string): string {
  return `${lane}.state`
}

/**
 * RabbitMQ 4 drops a message after 20 deliveries that were not acknowledged, unless a limit is set. The sum of a lane counts
 * innocent ones too. `-1` is refused by version 3. Source: rabbitmq.com/docs/quorum-queues, "Poison Message Handling", read
 * 2026-11-29.
 */
const NO_LIMIT = 1_000_000_000

const QUORUM = { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_LIMIT }

/** A queue as it is declared. */
export interface QueueShape {
  readonly durable: true
  readonly arguments: Readonly<Record<string, unknown>>
}

/** The kinds of queues. */
export const SHAPES = {
  lane: { durable: true, arguments: { ...QUORUM, 'x-single-active-consumer': true } },
  /** A new message replaces the one before. */
  single: { durable: true, arguments: { ...QUORUM, 'x-max-length': 1, 'x-overflow': 'drop-head' } },
  plain: { durable: true, arguments: QUORUM },
} as const satisfies Readonly<Record<string, QueueShape>>
