import type { AsyncMessage, Channel } from 'rabbitmq-client'
import type { OpenSources, SourceWorld } from '../../runtime/source.ts'
import { createStop, type Stop } from '../../runtime/stop.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Address } from '../address.ts'
import { createOpenNames } from '../again.ts'
import { openBrokerSource } from '../broker.ts'
import type { Session } from '../connection.ts'
import { createTaking, type Taking } from '../taking.ts'
import { isRefusal, type Pool } from './connect.ts'
import { eventOfDelivery, keepBytes } from './delivery.ts'
import type { AmqpSettings } from './settings.ts'

/** What a source of a queue is opened with. */
export interface AmqpParts extends Address {
  readonly source: TopologySource
  readonly world: SourceWorld
  readonly pool: Pool
}

const PREFETCH = 100
/** How long RabbitMQ may take to open a queue. */
const SILENT_MS = 10_000

/** Receives the messages of a queue. A message is acknowledged when it is done. */
export function openQueue(parts: AmqpParts): Promise<OpenSources> {
  const { source, world, url, pool, address, secrets } = parts
  const settings = source.settings as unknown as AmqpSettings
  const taking = createTaking(world)
  const stop = createStop()
  const take = takeIn(parts, taking, stop)
  const open = async (): Promise<Session> => {
    const shared = await pool(url)
    let channel: Channel | undefined
    const close = async () => {
      await channel?.close()
      await shared.release()
    }
    // A queue that has just been started may be silent for long.
    const cancel = world.after(SILENT_MS, () => shared.destroy(new Error(`no answer in ${SILENT_MS / 1000} seconds`)))
    try {
      channel = await shared.connection.acquire({ emitErrorsFromChannel: true })
      const lost = Promise.race([shared.lost, lostOf(channel)])
      await consume(channel, settings, inTurn(channel, take))
      // Cancelled, it would leave later messages to the next consumer while earlier ones are open.
      return { lost, quiet: async () => {}, close }
    } catch (error) {
      await close()
      throw error
    } finally {
      cancel()
    }
  }
  return openBrokerSource({
    ...{ source, world, stop, address, secrets, open, isRefusal, taking, what: `queue ${settings.queue}` },
    acknowledge: async () => {},
  })
}

/** Resolves when a channel ends, to why. */
function lostOf(channel: Channel): Promise<unknown> {
  return new Promise((resolve) => {
    channel.on('error', resolve)
    channel.on('basic.cancel', (_tag: string, error: unknown) => resolve(error))
    channel.on('close', () => resolve(undefined))
  })
}

async function consume(channel: Channel, settings: AmqpSettings, take: (message: AsyncMessage) => void) {
  const { queue, declare, exchange, routingKeys = '', prefetch = PREFETCH } = settings
  if (declare === undefined) await channel.queueDeclare({ queue, passive: true })
  else await channel.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': declare } })
  if (exchange !== undefined) {
    const keys = typeof routingKeys === 'string' ? [routingKeys] : routingKeys
    for (const routingKey of keys) await channel.queueBind({ queue, exchange, routingKey })
  }
  keepBytes(channel)
  await channel.basicQos({ prefetchCount: prefetch })
  await channel.basicConsume({ queue }, take)
}

/** Takes the messages of a channel in order. No more wait here than are prefetched. */
function inTurn(channel: Channel, take: (channel: Channel, message: AsyncMessage) => Promise<void>) {
  let last = Promise.resolve()
  return (message: AsyncMessage) => {
    last = last.then(() => take(channel, message))
  }
}

function takeIn({ source, world }: AmqpParts, taking: Taking, stop: Stop) {
  const open = createOpenNames()
  return async (channel: Channel, message: AsyncMessage): Promise<void> => {
    const acknowledge = () => {
      // What was delivered on a lost channel comes again.
      if (channel.active) channel.basicAck({ deliveryTag: message.deliveryTag })
    }
    const event = eventOfDelivery(source, message, world)
    const name = event.id
    if (name !== undefined && message.redelivered && open.has(name)) return open.join(name, acknowledge)
    await stop.until(taking.room())
    if (stop.isStopped || !channel.active) return
    taking.take(event, name === undefined ? acknowledge : open.begin(name, acknowledge))
  }
}
