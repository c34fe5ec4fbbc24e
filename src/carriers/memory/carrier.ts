import type { Sender } from '../../runtime/carrier.ts'
import type { Message } from '../../runtime/message.ts'

/**
 * The largest message within this process: the same as in a Kinesis stream, the default of a deployed topology, so that
 * what passes here fits there. Source: Kinesis Data Streams quotas, a record's data with its partition key, read 2026-11-21.
 */
export const MEMORY_BYTES = 1024 * 1024

/** Moves messages within this process: every one is accepted at once and given to `arrive`, in order. */
export function memorySender(arrive: (message: Message) => void): Sender {
  return {
    send(messages) {
      for (let index = 0; index < messages.length; index++) arrive(messages[index]!)
      return undefined
    },
    close: () => Promise.resolve(),
  }
}
