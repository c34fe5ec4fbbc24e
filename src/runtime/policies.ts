import type { HeldPolicy } from '../graph/holds.ts'
import type { BakedEar, BakedEntry, BakedProcessor } from './baked.ts'
import type { Receiver } from './carrier.ts'
import type { DeliverParts } from './deliver/round.ts'
import type { Message } from './message.ts'

/** Where to look up a policy. */
export interface Baked {
  readonly entry: Pick<BakedEntry, 'topology' | 'stage'>
  readonly baked: BakedProcessor
}

/**
 * Returns a function that finds how often a message of a carrier is retried. It returns undefined for a message that no
 * stream brings here: it belongs to another processor.
 */
export function policiesOf({ entry, baked }: Baked, via: string, receiver: Receiver): DeliverParts['policyOf'] {
  const ears = baked.hears.filter((ear) => ear.via === via)
  const first = ears[0]
  if (first !== undefined && ears.every(({ channel }) => channel === first.channel)) {
    return (message) => ears.find((ear) => hears(ear, message))
  }
  const named = ears.map((ear) => ({
    ear,
    channel: receiver.channelOf(entry, { name: ear.channel, fifo: ear.fifo }),
  }))
  return (message, { position }) =>
    named.find(({ ear, channel }) => position.channel === channel && hears(ear, message))?.ear
}

/**
 * Returns a function that finds how often a message is retried that did not come over a stream now, though perhaps
 * before: from a retry queue, or from a direct invocation. The policy is that of the first stream that brings such a
 * message, else the processor's.
 */
export function policiesAnywhere({ baked }: Pick<Baked, 'baked'>): (message: Message) => HeldPolicy {
  return (message) => {
    const over = message.wait?.channel
    if (message.edge?.from === undefined && over === undefined) return baked
    return baked.hears.find((ear) => (over === undefined || ear.channel === over) && hears(ear, message)) ?? baked
  }
}

/**
 * Whether a message came over a stream. A message that another program put into a channel has no emitter. It matches
 * streams that list its topic, or that list none; without a topic, only those that list none. An unreadable message
 * matches every stream, so that it is recorded.
 */
export function hears({ from, topics }: Pick<BakedEar, 'from' | 'topics'>, { topic, edge, refused }: Message): boolean {
  if (refused !== undefined) return true
  if (edge?.from !== undefined && edge.from !== from) return false
  return topics === undefined || (topic !== undefined && topics.includes(topic))
}
