import type { HeldPolicy } from '../../graph/holds.ts'
import { retryPart } from '../../graph/names.ts'
import type { Later } from '../../runtime/deliver/round.ts'
import type { Message } from '../../runtime/message.ts'
import type { Outbox, OutboxChannel } from '../../runtime/outbox.ts'
import { MOST_WAIT_MS } from '../../runtime/retry.ts'
import type { Delivery } from '../../runtime/transport.ts'
import type { BakedEar, BakedProcessor } from './definition.ts'
import type { OpenFunction } from './function.ts'

/** The queue in which a processor's messages wait for their next try, as an outbox sends to it. */
export interface RetryQueue extends OutboxChannel {
  /** What outboxes call it: no stream's channel is called so. */
  readonly channel: string
  /** What the positions of its records begin with. */
  readonly start: string
}

/** The retry queue of a function's processor, whether it is there or not. */
export function retryQueueOf({
  definition,
  name,
  carriers,
  place,
}: Pick<OpenFunction, 'definition' | 'name' | 'carriers' | 'place'>): RetryQueue | undefined {
  const carrier = carriers.find(({ via }) => via === 'sqs')
  if (carrier === undefined) return undefined
  const channel = retryPart(name)
  const transport = carrier.transport(false)
  const queue = carrier.nameOf(definition, channel, false)
  return {
    channel,
    start: `${queue}/`,
    // What has a key may wait here where nothing keeps its order: see `Later`.
    transport: { ...transport, limits: { ...transport.limits, orderedByKey: true } },
    pack: 1,
    address: carrier.addressOf(place, queue),
  }
}

/** Whether records came from a retry queue: those of one invocation payload are of one queue. */
export function areRetried(deliveries: readonly Delivery[], queue: RetryQueue | undefined): boolean {
  return queue !== undefined && deliveries.some(({ position }) => position.startsWith(queue.start))
}

/**
 * Deliveries of a retry queue, whose messages wait no longer than their policies let them. Only there does a message say that
 * it waits, since only its function writes there.
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
    // Each `Retry` was an attempt, so that one that says more of them than attempts has used up all.
    const attempt = Math.max(message.attempt, wait.asked + 1)
    return { ...message, attempt, wait: { ...wait, dueMs: Math.min(wait.dueMs, nowMs + mostMs) } }
  }
  return deliveries.map((delivery) => ({ ...delivery, messages: delivery.messages.map(held) }))
}

/**
 * Deliveries of a stream or a queue, whose messages do not wait and are not forced, whatever they say: anybody who may write
 * there could hold a shard, or have a message handled again.
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

/** Keeps messages in a retry queue. Those that no processor emitted take along what they came over. */
export function keepIn(outbox: Outbox, { channel }: RetryQueue): Later['keep'] {
  return (message, policy) => {
    const over = (policy as BakedEar | (BakedProcessor & { channel?: undefined })).channel
    const isNamed = message.edge?.from !== undefined || over === undefined
    const wait = isNamed ? message.wait : { ...message.wait!, channel: over }
    return outbox.add(channel, { ...message, wait: wait! })
  }
}
