import type { Scope } from '../../aws/names.ts'
import { CARRIERS } from '../../carriers/table.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import type { Via } from '../../topology/delivery.ts'

/** Whether messages wait in SQS queues, which give up messages that are never acknowledged. */
export function isQueued({ via }: { readonly via: Via }): boolean {
  return CARRIERS[via].holder === 'queue'
}

/** Whether a graph has a FIFO queue, which needs a FIFO queue of crashes. */
export function hasFifoQueue({ channels }: Pick<Graph, 'channels'>): boolean {
  return channels.some((channel) => channel.fifo && isQueued(channel))
}

/** Returns the carrier whose channels are held by a kind of resource. */
export function viaOfHolder(kind: 'stream' | 'queue'): Via {
  return (Object.keys(CARRIERS) as Via[]).find((via) => CARRIERS[via].holder === kind)!
}

/** Returns what AWS calls a channel. */
export function nameOfChannel(scope: Scope, channel: Pick<GraphChannel, 'name' | 'fifo' | 'via'>): string {
  return CARRIERS[channel.via].receiver.channelOf(scope, channel)
}
