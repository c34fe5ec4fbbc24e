import { retryPart } from '../../graph/names.ts'
import type { Later } from '../../runtime/deliver/round.ts'
import type { Outbox, OutboxChannel } from '../../runtime/outbox.ts'
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
  return queue !== undefined && deliveries[0]?.position.startsWith(queue.start) === true
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
