import type * as Kafka from '@platformatic/kafka'
import type { Cluster, Purpose } from './client.ts'
import { failureOf } from './failure.ts'
import type { FoundRecord } from './records.ts'
import { recordsOf } from './records.ts'

/** A partition, and where it is read from. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a server has of a partition. */
export type Answer = Kafka.fetchV12.FetchResponsePartition

/** Only what transactions have brought to their end. */
const COMMITTED = 1
const LANE_BYTES = 1_000_000
const ALL_BYTES = 16_000_000
/** For offsets: the first, and the one behind the last. */
const FIRST = -2n
const END = -1n

/** Reads partitions of one server, and waits so long for the first record. Returns the answers by `<topic>:<partition>`. */
export async function fetchFrom(
  cluster: Cluster,
  id: number,
  places: readonly Place[],
  { waitMs, purpose }: { readonly waitMs: number; readonly purpose: Purpose },
): Promise<ReadonlyMap<string, Answer>> {
  const { kafka } = cluster
  const topics = groupedByTopic(places, ({ partition, offset }) => ({
    ...{ partition, currentLeaderEpoch: -1, fetchOffset: BigInt(offset), lastFetchedEpoch: -1 },
    partitionMaxBytes: LANE_BYTES,
  })).map(({ name, partitions }) => ({ topicId: name, partitions }))
  const { responses } = await cluster.call(
    { kind: 'node', id },
    (connection) =>
      kafka.fetchV12.api
        .async(connection, waitMs, 1, ALL_BYTES, COMMITTED, 0, -1, topics, [], '')
        .catch((error: { readonly response?: Kafka.fetchV12.FetchResponse }) => {
          // Each partition has an error of its own.
          if ((error.response?.responses.length ?? 0) === 0) throw error
          return error.response!
        }),
    purpose,
  )
  return new Map(
    responses.flatMap(({ topicId, partitions }) =>
      partitions.map((answer) => [`${topicId}:${answer.partitionIndex}`, answer] as const),
    ),
  )
}

/** Returns the first offsets of partitions, or those behind their last records, by `<topic>:<partition>`. */
export async function offsetsOf(
  cluster: Cluster,
  places: readonly Omit<Place, 'offset'>[],
  which: 'first' | 'end',
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const timestamp = which === 'first' ? FIRST : END
  for (const [id, list] of await byLeader(cluster, places)) {
    const topics = groupedByTopic(list, ({ partition }) => ({
      ...{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp },
    }))
    const { topics: answers } = await cluster.persist({ kind: 'node', id }, (connection) =>
      cluster.kafka.listOffsetsV7.api.async(connection, -1, COMMITTED, topics),
    )
    for (const { name, partitions } of answers) {
      for (const { partitionIndex, offset } of partitions) found.set(`${name}:${partitionIndex}`, Number(offset))
    }
  }
  return found
}

/** Reads a partition to its end. */
export async function readAll(cluster: Cluster, topic: string, partition: number): Promise<readonly FoundRecord[]> {
  const place = { topic, partition }
  const name = `${topic}:${partition}`
  const records: FoundRecord[] = []
  const end = (await offsetsOf(cluster, [place], 'end')).get(name)!
  let offset = (await offsetsOf(cluster, [place], 'first')).get(name)!
  while (offset < end) {
    try {
      const id = await cluster.leaderOf(topic, partition)
      const answers = await fetchFrom(cluster, id, [{ ...place, offset }], { waitMs: 100, purpose: 'main' })
      const answer = answers.get(name)!
      if (answer.errorCode !== 0) throw new cluster.kafka.ProtocolError(answer.errorCode)
      const found = recordsOf(answer, offset)
      records.push(...found.records)
      offset = found.next
    } catch (error) {
      if (!failureOf(error).isPassing || cluster.stop.isStopped) throw error
      await cluster.pause(50)
    }
  }
  return records
}

/** Groups partitions by the servers that lead them. */
export async function byLeader<Part extends Omit<Place, 'offset'>>(
  cluster: Cluster,
  parts: readonly Part[],
): Promise<ReadonlyMap<number, readonly Part[]>> {
  const groups = new Map<number, Part[]>()
  for (const part of parts) {
    const id = await cluster.leaderOf(part.topic, part.partition)
    groups.set(id, [...(groups.get(id) ?? []), part])
  }
  return groups
}

/** Groups partitions by their topics, as requests want them. */
export function groupedByTopic<Part extends { readonly topic: string }, Made>(
  parts: readonly Part[],
  make: (part: Part) => Made,
): { name: string; partitions: Made[] }[] {
  const topics = new Map<string, Made[]>()
  for (const part of parts) topics.set(part.topic, [...(topics.get(part.topic) ?? []), make(part)])
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}
