import type { Message } from '../../runtime/message.ts'
import type { Transport, TransportLimits } from '../../runtime/transport.ts'

/**
 * What messages within this process must fit: the same as in a Kinesis stream, the default of a deployed topology, so
 * that what passes here fits there. Source: Kinesis Data Streams quotas, a record's data with its partition key, read
 * 2026-11-21.
 */
export const MEMORY_LIMITS: TransportLimits = { messageBytes: 1024 * 1024, orderedByKey: true }

/** Moves messages within this process: every one is accepted at once and given to `arrive`, in order. */
export function createMemoryTransport(arrive: (message: Message) => void): Transport {
  return {
    name: 'memory',
    limits: MEMORY_LIMITS,
    open: () => ({
      send(messages) {
        for (let index = 0; index < messages.length; index++) arrive(messages[index]!)
        return undefined
      },
      close: () => Promise.resolve(),
    }),
  }
}
