import type { Consumer } from '@platformatic/kafka'
import type { OpenSources, SourceWorld } from '../../runtime/source.ts'
import { createStop, type Stop } from '../../runtime/stop.ts'
import type { TopologySource } from '../../topology/source.ts'
import { createOpenNames } from '../again.ts'
import { openBrokerSource } from '../broker.ts'
import type { Session } from '../connection.ts'
import { createTaking } from '../taking.ts'
import { type Cluster, isRefusal } from './cluster.ts'
import { createPartitions, type Partitions } from './partitions.ts'
import { type Begin, commitBegin } from './positions.ts'
import { eventOfRecord, type KafkaRecord } from './record.ts'

/** What a source of topics is opened with. */
export interface KafkaParts {
  readonly source: TopologySource
  readonly world: SourceWorld
  readonly cluster: Cluster
  readonly client: typeof import('@platformatic/kafka')
}

/** Reads topics by a consumer group. The offset of a partition is committed when everything before it is done. */
export function openGroup(parts: KafkaParts): Promise<OpenSources> {
  const { source, world, cluster } = parts
  const { topics, from = 'earliest' } = source.settings as { topics: string | string[]; from?: Begin['from'] }
  const taking = createTaking(world)
  const stop = createStop()
  const say = (text: string) => world.say(`source "${source.name}": ${text}`, 'warn')
  const begin: Begin = { topics: [topics].flat(), from, say }
  const take = takeIn(parts, taking, stop)
  let current: Partitions | undefined
  const open = async (): Promise<Session> => {
    const consumer = consumerOf(parts)
    const partitions = createPartitions(consumer)
    try {
      const session = await read(consumer, { partitions, begin, take, stop })
      current = partitions
      return session
    } catch (error) {
      await close(consumer)
      throw error
    }
  }
  return openBrokerSource({
    ...{ source, world, stop, open, isRefusal, taking, address: cluster.address, secrets: cluster.secrets },
    what: `topic ${begin.topics.join(', ')}`,
    acknowledge: async () => current?.commit(),
  })
}

const CLAIM_SECONDS = 10
const BLOCK_MS = 500
/** What is read and does not run yet stays in memory. */
const MOST_BYTES = 1024 * 1024

function consumerOf({ source, world, cluster, client }: KafkaParts): Consumer {
  const { group = `attak:${world.scope}/${source.name}`, claimAfter = CLAIM_SECONDS } = source.settings
  const sessionTimeout = Number(claimAfter) * 1000
  const { nodes, sasl, isSecure } = cluster
  return new client.Consumer({
    ...{ clientId: 'attak', groupId: String(group), bootstrapBrokers: [...nodes], autocommit: false },
    ...(sasl !== undefined && { sasl }),
    ...(isSecure && { tls: {}, tlsServerName: true }),
    ...{ sessionTimeout, rebalanceTimeout: 2 * sessionTimeout, heartbeatInterval: sessionTimeout / 5 },
    // To join a group may take as long as others need to notice.
    ...{ connectTimeout: 5000, timeout: 2 * sessionTimeout + 5000, retries: 2, retryDelay: 200 },
    ...{ maxWaitTime: BLOCK_MS, maxBytes: MOST_BYTES, highWaterMark: 100 },
  })
}

interface Reading {
  readonly partitions: Partitions
  readonly begin: Begin
  take(record: KafkaRecord, partitions: Partitions): Promise<void>
  readonly stop: Stop
}

async function read(consumer: Consumer, { partitions, begin, take, stop }: Reading): Promise<Session> {
  let lose = (_: unknown) => {}
  const lost = new Promise<unknown>((resolve) => {
    lose = resolve
  })
  let isOpen = false
  consumer.on('error', lose)
  consumer.on('consumer:group:join', () => {
    partitions.assigned()
    if (isOpen) commitBegin(consumer, begin).catch(lose)
  })
  consumer.topics.trackAll(...begin.topics)
  await consumer.joinGroup({})
  await commitBegin(consumer, begin)
  isOpen = true
  const { topics, from: fallbackMode } = begin
  const stream = await consumer.consume({ topics: [...topics], mode: 'committed', fallbackMode, autocommit: false })
  const reading = (async () => {
    for await (const record of stream) {
      await take(record as KafkaRecord, partitions)
      if (stop.isStopped) return
    }
  })()
  reading.then(lose, lose)
  return {
    lost,
    async quiet() {
      stream.destroy()
      await reading.catch(() => {})
    },
    async close() {
      stream.destroy()
      await close(consumer)
    },
  }
}

/** Leaves the group if that is possible, so that others need not wait. */
async function close(consumer: Consumer): Promise<void> {
  try {
    await consumer.close(true)
  } catch {}
}

/** Takes records in order. */
function takeIn({ source, world }: KafkaParts, taking: ReturnType<typeof createTaking>, stop: Stop) {
  const open = createOpenNames()
  return async (record: KafkaRecord, partitions: Partitions): Promise<void> => {
    const { topic, partition, offset } = record
    const isTaken = () => {
      const one = partitions.of(topic, partition)
      return one === undefined || offset < one.next
    }
    if (isTaken()) return
    await stop.until(taking.room())
    // Meanwhile another consumer may have been given the partition.
    if (stop.isStopped || isTaken()) return
    const one = partitions.of(topic, partition)!
    one.next = offset + 1n
    const end = one.progress.begin(one.next)
    const done = () => {
      end()
      partitions.commitSoon()
    }
    const name = `${topic}:${partition}:${offset}`
    if (open.has(name)) open.join(name, done)
    else taking.take(eventOfRecord(source, record, world), open.begin(name, done))
  }
}
