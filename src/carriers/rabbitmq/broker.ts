import { AttakError } from '../../errors.ts'
import type { BrokerRules, BrokerWorld, OpenBroker } from '../../runtime/broker.ts'
import { createPlacing, otherLanes } from '../../runtime/placing.ts'
import { ensureChannels } from './catalog.ts'
import { connect } from './connect.ts'
import { createDelays, MOST_DELAY_MS } from './delays.ts'
import type { PutRecords } from './lane.ts'
import { laneQueue, namesOf } from './names.ts'
import { createPublisher } from './publisher.ts'
import { type ReadTexts, readAll } from './read-all.ts'
import { destroyAll, statusOf } from './status.ts'
import { type RabbitWorking, startWork } from './work.ts'

/**
 * What RabbitMQ allows: 16 MiB for a message from version 4 on, unless its `max_message_size` is set otherwise. Source: rabbitmq.com/docs/configure, read 2026-11-29.
 */
const rules: BrokerRules = { messageBytes: 16 * 1024 * 1024, mostDelayMs: MOST_DELAY_MS, remembersIds: false }

/** What a broker on RabbitMQ offers, but for its stores. */
export interface RabbitBroker extends Omit<OpenBroker, 'errors' | 'handled'> {
  readonly errorsQueue: string
  writeErrors(texts: readonly string[]): Promise<void>
  /** Reads the error records, and removes those of which `isDone` says so. */
  readErrors(isDone: (text: string) => boolean): Promise<ReadTexts>
}

/** Opens RabbitMQ as a broker. Throws BROKER_FAILED, CLIENT_MISSING or USAGE if that cannot be done. */
export async function openRabbitBroker(world: BrokerWorld): Promise<RabbitBroker> {
  const connections = await connect(world)
  const { place } = connections
  const names = namesOf(world)
  const publisher = createPublisher(connections.publishing, world)
  const parts = { connections, names, publisher }
  const lanesOf = new Map<string, number>()
  const placeOf = createPlacing(lanesOf)
  const delays = createDelays(parts)
  const put: PutRecords = async (sends, isWanted) => {
    const making = delays.make(sends)
    if (making !== undefined) await making
    const publishes = sends.map((send) => ({
      ...{ queue: laneQueue(names, send.channel, placeOf(send)), body: send.body },
      ...{ exchange: delays.exchangeOf(send) },
    }))
    await publisher.send(publishes, isWanted)
  }
  let working: RabbitWorking | undefined
  return {
    ...{ rules, place, errorsQueue: names.errors },
    writeErrors: (texts) => publisher.send(texts.map((body) => ({ queue: names.errors, body }))),
    readErrors: (isDone) => readAll(connections, names.errors, isDone),
    async ensure(channels) {
      const found = await ensureChannels(parts, channels, world.lanes)
      for (const channel of channels) lanesOf.set(channel, found.get(channel)!)
      return otherLanes(lanesOf, channels, world.lanes)
    },
    async send(sends) {
      await put(sends).catch((error: Error) => {
        const what = `the broker ${place} did not take ${sends.length === 1 ? 'a message' : `${sends.length} messages`}`
        throw new AttakError('BROKER_FAILED', `${what}: ${error.message}`, 'Look at its log, its memory and its disk.')
      })
    },
    async work(worker) {
      working = await startWork({ ...parts, world, lanesOf, put }, worker)
      return working
    },
    status: () => statusOf(parts),
    destroy: () => destroyAll(parts),
    async close() {
      working?.leave()
      publisher.close()
      connections.close()
    },
  }
}
