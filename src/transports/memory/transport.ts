import type { Message } from '../../runtime/message.ts'
import type { Transport } from '../../runtime/transport.ts'

/**
 * Moves messages within this process: every one is accepted at once and given to `arrive`, in order. Its limits are
 * those of a Kinesis stream, the default of a deployed one, so that what passes here fits there.
 * Source: Kinesis Data Streams quotas (a record's data with its partition key), read 2026-11-21.
 */
export function createMemoryTransport(arrive: (message: Message) => void): Transport {
  return {
    name: 'memory',
    limits: { messageBytes: 1024 * 1024, orderedByKey: true },
    open: () => ({
      send(messages) {
        for (let index = 0; index < messages.length; index++) arrive(messages[index]!)
        return undefined
      },
      close: () => Promise.resolve(),
    }),
  }
}
