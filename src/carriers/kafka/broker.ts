import { AttakError } from '../../errors.ts'
import type { BrokerRules, BrokerSend, BrokerWorld, OpenBroker } from '../../runtime/broker.ts'
import { inTurn } from '../../runtime/in-turn.ts'
import { createPlacing, otherLanes } from '../../runtime/placing.ts'
import { type Cluster, openCluster } from './client.ts'
import { hasFailed, reasonOf } from './failure.ts'
import { type Outgoing, openProducer, type Producer, produce } from './producer.ts'
import { readAll } from './read.ts'
import { statusOf } from './status.ts'
import { destroyAll, ensureTopics, namesOf } from './topics.ts'
import { startWork } from './work.ts'

/** What Kafka allows: a record of 1,048,588 bytes unless it is told otherwise, and no delay. */
const rules: BrokerRules = { messageBytes: 900_000, mostDelayMs: 0, remembersIds: false }

/** The most records of one call. */
const MOST_SENT = 1000

/** What a broker on Kafka offers, but for its stores. */
export type KafkaBroker = Omit<OpenBroker, 'errors' | 'handled'> & {
  /** The topic of the error records. */
  readonly errorsTopic: string
  /** Writes error records by their ids; no text removes one. */
  writeErrors(entries: readonly ErrorEntry[]): Promise<void>
  /** Reads the topic of error records from its start, removals too. */
  readErrors(): Promise<readonly ErrorEntry[]>
}

/** An error record by its id. */
export interface ErrorEntry {
  readonly id: string
  readonly text: string | undefined
}

/** Opens Kafka as a broker. Throws BROKER_FAILED, USAGE or CLIENT_MISSING if that cannot be done. */
export async function openKafkaBroker(world: BrokerWorld): Promise<KafkaBroker> {
  const cluster = await openCluster(world)
  const { place } = cluster
  const names = namesOf(world)
  const lanesOf = new Map<string, number>()
  const placeOf = createPlacing(lanesOf)
  const outgoingOf = (sends: readonly BrokerSend[]) =>
    sends.map((send) => ({
      ...{ topic: names.topicOf(send.channel), partition: placeOf(send), key: send.key, value: send.body },
    }))
  const put = inTurn(MOST_SENT, senderOf(cluster))
  return {
    ...{ rules, place, errorsTopic: names.errors },
    async ensure(channels) {
      const { lanes, warnings } = await ensureTopics(cluster, names, channels, world.lanes)
      for (const [channel, count] of lanes) lanesOf.set(channel, count)
      return [...warnings, ...otherLanes(lanesOf, channels, world.lanes)]
    },
    async send(sends) {
      await put(outgoingOf(sends)).catch((error: Error) => {
        const what = `the broker ${place} did not take ${sends.length === 1 ? 'a message' : `${sends.length} messages`}`
        throw new AttakError('BROKER_FAILED', `${what}: ${reasonOf(error)}`, 'Look at its log.')
      })
    },
    async work(worker) {
      return startWork({ world, cluster, names, lanesOf, outgoingOf }, worker)
    },
    status: () => statusOf({ cluster, names }),
    destroy: () => destroyAll(cluster, names),
    async writeErrors(entries) {
      await put(entries.map(({ id, text }) => ({ topic: names.errors, partition: 0, key: id, value: text })))
    },
    async readErrors() {
      const [topic] = await cluster.topics([names.errors])
      if (topic?.errorCode !== 0) return []
      const records = await readAll(cluster, names.errors, 0)
      return records.flatMap(({ key, value }) => (key === undefined ? [] : [{ id: key, text: value }]))
    },
    async close() {
      cluster.close()
    },
  }
}

/** Makes the function that sends records with one producer, which is opened with the first of them. */
function senderOf(cluster: Cluster) {
  let producer: Producer | undefined
  return async (records: readonly Outgoing[]) => {
    for (let tries = 1; ; tries++) {
      producer ??= await openProducer(cluster)
      try {
        return await produce(cluster, producer, records)
      } catch (error) {
        producer = undefined
        // Kafka has forgotten the producer, after days.
        const isForgotten = hasFailed(error, 'UNKNOWN_PRODUCER_ID', 'OUT_OF_ORDER_SEQUENCE_NUMBER')
        if (!isForgotten || tries > 1) throw error
      }
    }
  }
}
