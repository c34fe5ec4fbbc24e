import type { Redis } from 'ioredis'
import type { BrokerStatus, ChannelStatus, WorkerStatus } from '../../runtime/broker.ts'
import { laneNames } from './lanes.ts'

/** Returns the state of all channels and workers. */
export async function statusOf(client: Redis, prefix: string): Promise<BrokerStatus> {
  const [lanes, workers, delayed, errors] = await Promise.all([
    client.hgetall(`${prefix}channels`),
    client.hgetall(`${prefix}workers`),
    delayedIn(client, `${prefix}later`),
    client.hlen(`${prefix}errors`),
  ])
  const names = Object.keys(lanes).sort()
  const channels = await Promise.all(
    names.map((name) =>
      channelOf(client, prefix, { name, lanes: Number(lanes[name]), delayed: delayed.get(name) ?? 0 }),
    ),
  )
  const alive = await Promise.all(
    Object.entries(workers).map(async ([id, text]): Promise<readonly WorkerStatus[]> => {
      if ((await client.exists(`${prefix}alive:${id}`)) === 0) return []
      return [{ ...(JSON.parse(text) as Omit<WorkerStatus, 'id'>), id }]
    }),
  )
  return { channels, workers: alive.flat(), errors }
}

interface ChannelParts extends Pick<ChannelStatus, 'name' | 'delayed'> {
  readonly lanes: number
}

async function channelOf(
  client: Redis,
  prefix: string,
  { name, lanes, delayed }: ChannelParts,
): Promise<ChannelStatus> {
  const found = await Promise.all(
    laneNames(name, lanes).map(async (lane) => {
      const [owner, records, first] = await Promise.all([
        client.hget(`${prefix}lane:${lane}`, 'owner'),
        client.xlen(`${prefix}in:${lane}`),
        client.xrange(`${prefix}in:${lane}`, '-', '+', 'COUNT', 1),
      ])
      return { owner: owner || undefined, records, oldestMs: first[0] && Number(first[0][0].split('-')[0]) }
    }),
  )
  const oldest = found.flatMap(({ oldestMs }) => oldestMs ?? [])
  return {
    ...{ name, delayed, lanes: found.map(({ owner, records }) => ({ owner, records })) },
    oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
  }
}

/** How many records of each channel wait to become due. */
async function delayedIn(client: Redis, key: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const found of client.zscanStream(key, { count: 1000 })) {
    const members = found as readonly string[]
    for (let at = 0; at < members.length; at += 2) {
      const [channel = ''] = members[at]!.split(':')
      counts.set(channel, (counts.get(channel) ?? 0) + 1)
    }
  }
  return counts
}

/** Removes all keys of a topology and stage. */
export async function destroyAll(client: Redis, prefix: string): Promise<void> {
  const match = `${prefix.replace(/[[\]?*\\]/g, '\\$&')}*`
  for await (const keys of client.scanStream({ match, count: 1000 })) {
    const found = keys as string[]
    if (found.length > 0) await client.unlink(...found)
  }
}
