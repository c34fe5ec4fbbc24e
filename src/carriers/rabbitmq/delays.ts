import type { BrokerSend } from '../../runtime/broker.ts'
import { type CatalogParts, updateCatalog } from './catalog.ts'
import { delayQueue } from './names.ts'
import { declareQueues, withChannel } from './queues.ts'

/** The longest that messages are held back. RabbitMQ takes up to 2^32 ms. */
export const MOST_DELAY_MS = 28 * 86_400_000

/** Holds messages back: each in a queue for its channel and delay, from where RabbitMQ moves it into its lane. */
export interface Delays {
  /** Makes the queues that sends need and that this process does not know; undefined if there are none. */
  make(sends: readonly BrokerSend[]): Promise<unknown> | undefined
  /** The exchange that leads to the queue for a send; undefined for one that is not held back. */
  exchangeOf(send: BrokerSend): string | undefined
}

/** Makes what holds messages of a topology back. */
export function createDelays(parts: CatalogParts): Delays {
  const made = new Map<string, Promise<void>>()
  const exchangeOf = ({ channel, delayMs = 0 }: BrokerSend) =>
    delayMs > 0 ? delayQueue(parts.names, channel, secondsFor(delayMs)) : undefined
  return {
    exchangeOf,
    make(sends) {
      const missing = sends.filter((send) => {
        const exchange = exchangeOf(send)
        return exchange !== undefined && !made.has(exchange)
      })
      if (missing.length === 0) return undefined
      return Promise.all(
        missing.map((send) => {
          const exchange = exchangeOf(send)!
          const making = made.get(exchange) ?? makeDelay(parts, send.channel, secondsFor(send.delayMs!))
          made.set(exchange, making)
          making.catch(() => made.delete(exchange))
          return making
        }),
      )
    },
  }
}

/**
 * All messages of a queue have one delay, since RabbitMQ looks at the first one only. So that there are few queues, a delay is
 * rounded up to three bits behind its first one: by an eighth at most.
 */
export function secondsFor(delayMs: number): number {
  const seconds = Math.ceil(Math.min(delayMs, MOST_DELAY_MS) / 1000)
  const step = 2 ** Math.max(0, Math.floor(Math.log2(seconds)) - 3)
  return Math.ceil(seconds / step) * step
}

async function makeDelay(parts: CatalogParts, channel: string, seconds: number): Promise<void> {
  const { connections, names } = parts
  const queue = delayQueue(names, channel, seconds)
  await updateCatalog(parts, async (catalog) => {
    await declareQueues(connections, [[queue, delayShape(seconds)]])
    await withChannel(connections.receiving, async (opened) => {
      await opened.exchangeDeclare({ exchange: queue, type: 'fanout', durable: true })
      await opened.queueBind({ queue, exchange: queue })
    })
    const before = catalog.delays.get(channel) ?? []
    if (before.includes(seconds)) return catalog
    return { ...catalog, delays: new Map(catalog.delays).set(channel, [...before, seconds]) }
  })
}

/**
 * What has been there for so long goes to the queue that its routing key names: its lane. It stays until the lane has it. Source:
 * rabbitmq.com/docs/quorum-queues, "At-least-once dead lettering", read 2026-11-29.
 */
function delayShape(seconds: number) {
  const args = {
    ...{ 'x-queue-type': 'quorum', 'x-message-ttl': seconds * 1000, 'x-overflow': 'reject-publish' },
    ...{ 'x-dead-letter-exchange': '', 'x-dead-letter-strategy': 'at-least-once' },
  }
  return { durable: true, arguments: args } as const
}
