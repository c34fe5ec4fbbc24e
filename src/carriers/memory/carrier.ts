import type { Sender, SendingCarrier } from '../../runtime/carrier.ts'
import type { Message } from '../../runtime/message.ts'

/**
 * Memory: every message is accepted at once and given to a function, in order. The largest message is that of a Kinesis
 * stream, the default of a deployed topology, so that what passes here fits there. It has no receiver, since the simulator
 * delivers messages itself; so one sender serves all channels. Source: Kinesis Data Streams quotas, a record's data with its partition key, read 2026-11-21.
 */
export const memory = {
  name: 'memory',
  rules: { limits: { messageBytes: 1024 * 1024 }, orderedByKey: { plain: true, fifo: true } },
  openSender: (arrive: (message: Message) => void): Sender => ({
    send(messages) {
      for (let index = 0; index < messages.length; index++) arrive(messages[index]!)
      return undefined
    },
    close: () => Promise.resolve(),
  }),
} satisfies SendingCarrier<(message: Message) => void, Message>
