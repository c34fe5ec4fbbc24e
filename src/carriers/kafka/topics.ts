import { AttakError } from '../../errors.ts'
import type { BrokerWorld } from '../../runtime/broker.ts'
import { brokerError, type Cluster } from './client.ts'

/** How the parts of a topology are named in Kafka. */
export interface Names {
  /** The consumer group of all workers; transactions begin with it. */
  readonly group: string
  /** Has the error records. */
  readonly errors: string
  topicOf(channel: string): string
  /** The channel of a topic; undefined for another's topic. */
  channelOf(topic: string): string | undefined
}

/** Names what a topology has in Kafka. No name of a processor has "." or "--", so no two share a topic. */
export function namesOf({ topology, stage }: Pick<BrokerWorld, 'topology' | 'stage'>): Names {
  const group = `attak.${topology}--${stage}`
  return {
    ...{ group, errors: `${group}--errors` },
    topicOf: (channel) => `${group}.${channel}`,
    channelOf: (topic) => (topic.startsWith(`${group}.`) ? topic.slice(group.length + 1) : undefined),
  }
}

const WAIT_MS = 10_000
/** How often it is looked whether new topics are there. */
const LOOKS = 100
const FOREVER = { name: 'retention.ms', value: '-1' }
const WHOLE = { name: 'retention.bytes', value: '-1' }
const COMPACT = { name: 'cleanup.policy', value: 'compact' }
const DELETE = { name: 'cleanup.policy', value: 'delete' }

/** Makes the topics that are not there. Returns the number of lanes of each channel, and warnings. */
export async function ensureTopics(cluster: Cluster, names: Names, channels: readonly string[], lanes: number) {
  const wanted = channels.map(names.topicOf)
  await create(cluster, [
    ...wanted.map((name) => ({ name, numPartitions: lanes, configs: [DELETE, FOREVER, WHOLE] })),
    { name: names.errors, numPartitions: 1, configs: [COMPACT] },
  ])
  const counts = await countsOf(cluster, [...wanted, names.errors])
  const warnings = await check(cluster, wanted)
  return {
    warnings,
    lanes: new Map(channels.map((channel, index) => [channel, counts.get(wanted[index]!)!])),
  }
}

interface Wanted {
  readonly name: string
  readonly numPartitions: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

async function create(cluster: Cluster, topics: readonly Wanted[]): Promise<void> {
  const { kafka, place } = cluster
  const there = await cluster.topics(topics.map(({ name }) => name))
  const missing = topics.filter(({ name }) => !there.some((topic) => topic.name === name && topic.errorCode === 0))
  if (missing.length === 0) return
  const asked = missing.map((topic) => ({
    ...{ ...topic, configs: [...topic.configs], replicationFactor: -1, assignments: [] },
  }))
  try {
    await cluster.persist({ kind: 'any' }, (connection) =>
      kafka.createTopicsV7.api.async(connection, asked, WAIT_MS, false),
    )
  } catch (error) {
    const { errors = [] } = error as { readonly errors?: readonly { readonly apiId?: string }[] }
    // Another worker has made them meanwhile.
    const refused = errors.find(({ apiId }) => apiId !== 'TOPIC_ALREADY_EXISTS')
    if (errors.length === 0 || refused !== undefined) throw brokerError(place, refused ?? error)
  }
}

/** Waits until all topics have leaders, and returns their numbers of partitions. */
async function countsOf(cluster: Cluster, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const topics = await cluster.topics(names)
    const isThere = topics.every(
      ({ errorCode, partitions }) => errorCode === 0 && partitions.every(({ leaderId }) => leaderId >= 0),
    )
    if (isThere) return new Map(topics.map(({ name, partitions }) => [name ?? '', partitions.length]))
    await cluster.pause(50)
  }
  const what = `the broker ${cluster.place} has no leader for the topics of this topology`
  throw new AttakError('BROKER_FAILED', what, 'Look at the state of its servers.')
}

/** Kafka's number for a topic. */
const TOPIC = 2

/** Refuses topics that lose messages, and warns of those that may. */
async function check(cluster: Cluster, topics: readonly string[]): Promise<readonly string[]> {
  const { kafka, place } = cluster
  const keys = ['cleanup.policy', 'retention.ms', 'retention.bytes']
  const resources = topics.map((resourceName) => ({ resourceType: TOPIC, resourceName, configurationKeys: keys }))
  if (resources.length === 0) return []
  const { results } = await cluster
    .persist({ kind: 'any' }, (connection) =>
      kafka.describeConfigsV4.api.async(connection, resources as never, false, false),
    )
    .catch((error) => {
      throw brokerError(place, error)
    })
  const warnings: string[] = []
  for (const { resourceName, configs } of results) {
    const settingOf = (name: string) => configs.find((config) => config.name === name)?.value ?? ''
    if (settingOf('cleanup.policy').includes('compact')) {
      const what = `the topic ${resourceName} of ${place} is compacted: Kafka removes messages that have the key of a later one`
      throw new AttakError('BROKER_FAILED', what, 'Set cleanup.policy=delete on it, or remove the topic.')
    }
    const limits = ['retention.ms', 'retention.bytes'].filter((name) => settingOf(name) !== '-1')
    if (limits.length === 0) continue
    const found = limits.map((name) => `${name}=${settingOf(name)}`).join(' and ')
    warnings.push(`Kafka removes messages of ${resourceName} before they are handled (${found}). Set -1 to keep them.`)
  }
  return warnings
}

/** Removes all topics of a topology, and its group. */
export async function destroyAll(cluster: Cluster, names: Names): Promise<void> {
  const { kafka, place } = cluster
  const found = await cluster.topics(null)
  const own = found.flatMap(({ name }) =>
    name && (name === names.errors || names.channelOf(name) !== undefined) ? [{ name }] : [],
  )
  if (own.length > 0) {
    await cluster
      .persist({ kind: 'any' }, (connection) => kafka.deleteTopicsV6.api.async(connection, own, WAIT_MS))
      .catch((error) => {
        throw brokerError(place, error)
      })
  }
  // Workers that were killed are in it for a while; without offsets it ends by itself.
  await cluster
    .call({ kind: 'group', id: names.group }, (connection) => kafka.deleteGroupsV2.api.async(connection, [names.group]))
    .catch(() => {})
}
