import type { HeldPolicy } from '../graph/holds.ts'
import { retryPart } from '../graph/names.ts'
import type { BakedEar, BakedEntry, BakedProcessor } from './baked.ts'
import type { Delivery, OpenCarriers } from './carrier.ts'
import type { Later } from './deliver/round.ts'
import type { Message } from './message.ts'
import type { Outbox, OutboxChannel } from './outbox.ts'
import { MOST_WAIT_MS } from './retry.ts'

/** The place in which a processor's messages wait for a retry, as an outbox sends to it. */
export interface RetryPlace {
  /** Its name in outboxes; no stream's channel has this name. */
  readonly channel: string
  /** The platform's name of it. */
  readonly address: string
  open(): OutboxChannel
}

/** Returns the retry place of a worker's processor; undefined if the worker has no carrier for it. */
export function retryPlaceOf(entry: BakedEntry, processor: string, carriers: OpenCarriers): RetryPlace | undefined {
  const { retryVia = '' } = entry.processors[processor]!
  const carrier = carriers.receivers[retryVia]
  if (carrier === undefined) return undefined
  const channel = retryPart(processor)
  const carried = { name: channel, fifo: false }
  return {
    channel,
    address: carrier.receiver.channelOf(entry, carried),
    open: () => ({
      sender: carriers.openSender(retryVia, carried),
      // A message with a key may wait here if its channel keeps no order: see `Later`.
      limits: { ...entry.carriers[retryVia]!.limits, orderedByKey: true },
      pack: 1,
    }),
  }
}

/** Whether records came from a retry place: those of one payload are of one channel. */
export function areRetried(deliveries: readonly Delivery[], place: RetryPlace | undefined): boolean {
  return place !== undefined && deliveries.some(({ position }) => position.channel === place.address)
}

/**
 * Returns deliveries of a retry place, with waits limited by their policies. Only such messages may carry a wait,
 * because only their function writes there.
 */
export function withHeldWaits(
  deliveries: readonly Delivery[],
  policyOf: (message: Message) => HeldPolicy,
  nowMs: number,
): readonly Delivery[] {
  const held = (message: Message): Message => {
    const { wait, key } = message
    if (wait === undefined) return message
    const { holds = {} } = policyOf(message)
    const mostMs = holds.inputMs ?? (key === undefined ? holds.keylessMs : holds.keyedMs) ?? MOST_WAIT_MS
    // Each `Retry` was an attempt. So a message with more `Retry` results than attempts has used up all of them.
    const attempt = Math.max(message.attempt, wait.asked + 1)
    return { ...message, attempt, wait: { ...wait, dueMs: Math.min(wait.dueMs, nowMs + mostMs) } }
  }
  return deliveries.map((delivery) => ({ ...delivery, messages: delivery.messages.map(held) }))
}

/**
 * Returns deliveries of other channels with the marks for waiting and forcing removed. Otherwise anyone with write
 * access could block a shard, or have a message handled again.
 */
export function withoutMarks(deliveries: readonly Delivery[]): readonly Delivery[] {
  const isMarked = ({ wait, forced }: Message) => wait !== undefined || forced !== undefined
  const unmarked = (message: Message): Message => {
    if (!isMarked(message)) return message
    const { wait, forced, ...plain } = message
    return plain
  }
  // Mostly none is, and nothing is made anew.
  if (!deliveries.some(({ messages }) => messages.some(isMarked))) return deliveries
  return deliveries.map((delivery) => ({ ...delivery, messages: delivery.messages.map(unmarked) }))
}

/** Stores messages in a retry place. A message without an emitter carries the channel that it came over. */
export function keepIn(outbox: Outbox, { channel }: RetryPlace): Later['keep'] {
  return (message, policy) => {
    const over = (policy as BakedEar | (BakedProcessor & { channel?: undefined })).channel
    const isNamed = message.edge?.from !== undefined || over === undefined
    const wait = isNamed ? message.wait : { ...message.wait!, channel: over }
    return outbox.add(channel, { ...message, wait: wait! })
  }
}
