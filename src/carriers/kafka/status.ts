import type { BrokerStatus, ChannelStatus, WorkerStatus } from '../../runtime/broker.ts'
import type { LaneCounts } from '../../runtime/placing.ts'
import type { Cluster } from './client.ts'
import { hasFailed } from './failure.ts'
import { lanesIn, memberIn } from './group.ts'
import { decodeKept, type Kept } from './kept.ts'
import type { OwnedLane } from './lanes.ts'
import { byLeader, fetchFrom, groupedByTopic, offsetsOf, readAll } from './read.ts'
import { recordsOf } from './records.ts'
import type { Names } from './topics.ts'

interface Parts {
  readonly cluster: Cluster
  readonly names: Names
}

/** How far a partition is. */
interface Standing {
  readonly offset: number
  readonly kept: Kept
  readonly end: number
}

const WAIT_MS = 10_000

/** Has Kafka remove the records of lanes that are done, as far as it has their offsets. What fails is removed later. */
export async function removeDone(cluster: Cluster, lanes: readonly OwnedLane[]): Promise<void> {
  const done = lanes
    .filter(({ committed, removed }) => committed > removed)
    .map((lane) => ({ lane, topic: lane.topic, partition: lane.index, offset: lane.committed }))
  if (done.length === 0) return
  try {
    for (const [id, list] of await byLeader(cluster, done)) {
      const topics = groupedByTopic(list, ({ partition, offset }) => ({
        ...{ partitionIndex: partition, offset: BigInt(offset) },
      }))
      await cluster.call({ kind: 'node', id }, (connection) =>
        cluster.kafka.deleteRecordsV2.api.async(connection, topics, WAIT_MS),
      )
      for (const { lane, offset } of list) lane.removed = offset
    }
  } catch {
    // They are done, whether Kafka has them or not.
  }
}

/** Returns how far lanes are, by `<topic>:<partition>`. */
async function standingsOf({ cluster, names }: Parts, lanesOf: LaneCounts): Promise<ReadonlyMap<string, Standing>> {
  const topics = [...lanesOf].map(([channel, count]) => ({
    ...{ name: names.topicOf(channel), partitionIndexes: Array.from({ length: count }, (_, index) => index) },
  }))
  const places = topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition) => ({ topic: name, partition })),
  )
  const [ends, { groups }] = await Promise.all([
    offsetsOf(cluster, places, 'end'),
    cluster.persist({ kind: 'group', id: names.group }, (connection) =>
      cluster.kafka.offsetFetchV8.api.async(connection, [{ groupId: names.group, memberEpoch: -1, topics }], false),
    ),
  ])
  const firsts = await offsetsOf(cluster, places, 'first')
  const found = new Map<string, Standing>()
  for (const { name, partitions } of groups[0]?.topics ?? []) {
    for (const { partitionIndex, committedOffset, metadata } of partitions) {
      const place = `${name}:${partitionIndex}`
      const offset = Math.max(Number(committedOffset), firsts.get(place) ?? 0)
      found.set(place, { offset, kept: decodeKept(offset, metadata ?? null), end: ends.get(place) ?? offset })
    }
  }
  return found
}

/** Returns how many records wait in channels. Ends of transactions count for a moment, too. */
export async function lagOf(
  parts: Parts & { readonly lanesOf: LaneCounts },
  channels: readonly string[],
): Promise<Record<string, number>> {
  const lanesOf = new Map(channels.map((channel) => [channel, parts.lanesOf.get(channel) ?? 0]))
  const standings = await standingsOf(parts, lanesOf)
  const lags = channels.map((channel) => {
    const counts = Array.from({ length: lanesOf.get(channel)! }, (_, index) => {
      const { offset, end, kept } = standings.get(`${parts.names.topicOf(channel)}:${index}`)!
      return Math.max(0, end - offset - kept.done.size)
    })
    return [channel, counts.reduce((sum, count) => sum + count, 0)] as const
  })
  return Object.fromEntries(lags)
}

/** Returns the state of all channels and workers. */
export async function statusOf(parts: Parts): Promise<BrokerStatus> {
  const { cluster, names } = parts
  const topics = await cluster.topics(null)
  const lanesOf = new Map<string, number>()
  for (const { name, partitions } of topics) {
    const channel = names.channelOf(name ?? '')
    if (channel !== undefined) lanesOf.set(channel, partitions.length)
  }
  const hasErrors = topics.some(({ name }) => name === names.errors)
  const [standings, { workers, owners }, errors] = await Promise.all([
    standingsOf(parts, lanesOf),
    workersOf(parts),
    hasErrors ? readAll(cluster, names.errors, 0) : [],
  ])
  const kept = new Map(errors.map(({ key, value }) => [key, value]))
  const channels = await Promise.all(
    [...lanesOf].sort().map(([channel, count]) => channelStatus(parts, { channel, count, standings, owners })),
  )
  return { channels, workers, errors: [...kept.values()].filter((value) => value !== undefined).length }
}

interface ChannelParts {
  readonly channel: string
  readonly count: number
  readonly standings: ReadonlyMap<string, Standing>
  readonly owners: ReadonlyMap<string, string>
}

async function channelStatus(
  parts: Parts,
  { channel, count, standings, owners }: ChannelParts,
): Promise<ChannelStatus> {
  const topic = parts.names.topicOf(channel)
  const lanes = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const waiting = await waitingIn(parts.cluster, topic, index, standings.get(`${topic}:${index}`))
      return { owner: owners.get(`${channel}:${index}`), ...waiting }
    }),
  )
  const oldest = lanes.flatMap(({ oldestMs }) => oldestMs ?? [])
  return {
    ...{ name: channel, delayed: 0, lanes: lanes.map(({ owner, records }) => ({ owner, records })) },
    oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
  }
}

/** Counts the records that wait: the first ones each, since ends of transactions have offsets, too; later ones by their offsets. */
async function waitingIn(cluster: Cluster, topic: string, partition: number, standing: Standing | undefined) {
  if (standing === undefined || standing.end <= standing.offset) return { records: 0, oldestMs: undefined }
  const { offset, end, kept } = standing
  const id = await cluster.leaderOf(topic, partition)
  const places = [{ topic, partition, offset }]
  const answer = (await fetchFrom(cluster, id, places, { waitMs: 100, purpose: 'main' })).get(`${topic}:${partition}`)
  if (answer === undefined || answer.errorCode !== 0) return { records: end - offset, oldestMs: undefined }
  const { records, next } = recordsOf(answer, offset)
  const open = records.filter((record) => !kept.done.has(record.offset))
  return { records: open.length + Math.max(0, end - next), oldestMs: open[0]?.timeMs }
}

/** How often it is looked for a group that is not being made anew. */
const LOOKS = 10

async function workersOf({ cluster, names }: Parts) {
  const workers: WorkerStatus[] = []
  const owners = new Map<string, string>()
  const describe = async () => {
    const { groups } = await cluster.persist({ kind: 'group', id: names.group }, (connection) =>
      cluster.kafka.describeGroupsV5.api.async(connection, [names.group], false).catch((error) => {
        // Nobody has joined it yet.
        if (hasFailed(error, 'GROUP_ID_NOT_FOUND')) return { groups: [] }
        throw error
      }),
    )
    return groups[0]
  }
  let group = await describe()
  for (let looks = 0; looks < LOOKS && /Rebalance/.test(group?.groupState ?? ''); looks++) {
    await cluster.pause(100)
    group = await describe()
  }
  for (const { memberMetadata, memberAssignment } of group?.members ?? []) {
    const text = memberIn(memberMetadata)
    if (text === undefined) continue
    const { worker, about, startedMs, channels } = text
    workers.push({ ...about, id: worker, startedMs, channels: Object.keys(channels) })
    for (const lane of lanesIn(memberAssignment)) owners.set(lane, worker)
  }
  return { workers, owners }
}
