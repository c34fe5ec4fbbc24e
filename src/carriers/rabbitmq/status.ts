import { setTimeout as wait } from 'node:timers/promises'
import type { BrokerStatus, ChannelStatus } from '../../runtime/broker.ts'
import type { LaneCounts } from '../../runtime/placing.ts'
import { type Catalog, type CatalogParts, namesIn, readCatalog } from './catalog.ts'
import { createTeller, hearWorkers, type Told } from './members.ts'
import { delayQueue, laneQueues } from './names.ts'
import { closeChannel, locked, readyIn, withChannel } from './queues.ts'

/** How long workers may take to answer. */
const ANSWER = { mostMs: 2000, pauseMs: 20 }

type Here = Extract<Told, { readonly kind: 'here' }>

/** Returns the state of all channels and workers. RabbitMQ says what is ready; workers say what they have. */
export async function statusOf(parts: CatalogParts): Promise<BrokerStatus> {
  const { connections, names } = parts
  const catalog = await readCatalog(parts)
  if (catalog.lanes.size === 0) return { channels: [], workers: [], errors: 0 }
  const workers = await askWorkers(parts)
  const channels = await Promise.all(
    [...catalog.lanes.keys()].sort().map((name) => channelOf(parts, name, catalog, workers)),
  )
  const errors = (await readyIn(connections.receiving, names.errors)) ?? 0
  return { channels, workers: workers.map(({ worker }) => worker), errors }
}

async function channelOf(
  { connections, names }: CatalogParts,
  name: string,
  catalog: Catalog,
  workers: readonly Here[],
): Promise<ChannelStatus> {
  const found = await Promise.all(
    laneQueues(names, name, catalog.lanes.get(name) ?? 0).map(async (queue) => {
      const owner = workers.find((one) => queue in one.lanes)
      const report = owner?.lanes[queue]
      const ready = (await readyIn(connections.receiving, queue)) ?? 0
      return { owner: owner?.worker.id, records: ready + (report?.held ?? 0), oldestMs: report?.oldestMs }
    }),
  )
  const waiting = (catalog.delays.get(name) ?? []).map((seconds) => delayQueue(names, name, seconds))
  const delayed = await Promise.all(waiting.map((queue) => readyIn(connections.receiving, queue)))
  const oldest = found.flatMap(({ oldestMs }) => oldestMs ?? [])
  return {
    ...{ name, delayed: delayed.reduce<number>((sum, ready) => sum + (ready ?? 0), 0) },
    ...{ lanes: found.map(({ owner, records }) => ({ owner, records })) },
    oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
  }
}

/** Has all workers say what they have. */
async function askWorkers({ connections, names }: CatalogParts): Promise<readonly Here[]> {
  const answers = new Map<string, Here>()
  const ears = await hearWorkers(connections, names, {
    isWorker: false,
    heard: (told) => {
      if (told.kind === 'here') answers.set(told.worker.id, told)
    },
  })
  try {
    const { consumerCount } = await ears.queueDeclare({ queue: names.present, passive: true })
    const teller = createTeller(connections, names)
    await teller.tell({ kind: 'ask' })
    for (let waitedMs = 0; answers.size < consumerCount && waitedMs < ANSWER.mostMs; waitedMs += ANSWER.pauseMs) {
      await wait(ANSWER.pauseMs)
    }
    return [...answers.values()]
  } finally {
    await closeChannel(ears)
  }
}

/** Returns how many records each channel has; `held` says how many of a queue this worker has. */
export async function lagOf(
  { connections, names, lanesOf }: CatalogParts & { readonly lanesOf: LaneCounts },
  channels: readonly string[],
  held: (queue: string) => number,
): Promise<Record<string, number>> {
  const lags = channels.map(async (channel) => {
    const queues = laneQueues(names, channel, lanesOf.get(channel) ?? 0)
    const ready = await Promise.all(queues.map((queue) => readyIn(connections.receiving, queue)))
    return [channel, queues.reduce((sum, queue, index) => sum + (ready[index] ?? 0) + held(queue), 0)] as const
  })
  return Object.fromEntries(await Promise.all(lags))
}

/** Removes all queues of a topology, and what is in them. */
export async function destroyAll(parts: CatalogParts): Promise<void> {
  const { connections, names } = parts
  const { queues, both } = namesIn(names, await readCatalog(parts))
  await locked(connections, names.catalog, () =>
    withChannel(connections.receiving, async (channel) => {
      // RabbitMQ does not mind what is not there. The catalog goes last, so that this can be repeated.
      for (const exchange of [...both, names.workers]) await channel.exchangeDelete({ exchange })
      for (const queue of [...both, ...queues, names.catalog]) await channel.queueDelete({ queue })
    }),
  )
}
