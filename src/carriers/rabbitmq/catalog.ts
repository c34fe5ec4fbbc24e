import { AttakError } from '../../errors.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'
import type { Connections } from './connect.ts'
import { NO_STATE } from './lane-state.ts'
import { laneQueues, type Names, type QueueShape, SHAPES, stateQueue } from './names.ts'
import type { Publisher } from './publisher.ts'
import { declareQueues, locked, readyIn, withChannel } from './queues.ts'
import { peek } from './single.ts'

/** What a catalog is read and written with. */
export interface CatalogParts {
  readonly connections: Connections
  readonly names: Names
  readonly publisher: Publisher
}

/** Makes channels that are not there. Returns the lanes of all: what the first worker decided is what counts. */
export function ensureChannels(
  parts: CatalogParts,
  channels: readonly string[],
  lanes: number,
): Promise<ReadonlyMap<string, number>> {
  const { connections, names, publisher } = parts
  return locked(connections, names.catalog, async () => {
    const found = await readCatalog(parts)
    if (found === undefined) await checkServer(connections, names)
    const known = new Map(found)
    const missing = channels.filter((channel) => !known.has(channel))
    for (const channel of missing) known.set(channel, lanes)
    await declareQueues(connections, commonQueues(names))
    await withChannel(connections.receiving, (channel) =>
      channel.exchangeDeclare({ exchange: names.workers, type: 'fanout', durable: true }),
    )
    await Promise.all(
      channels.map((channel) => declareQueues(connections, queuesOf(names, channel, known.get(channel)!))),
    )
    const states = missing.flatMap((channel) => laneQueues(names, channel, lanes).map(stateQueue))
    await publisher.send(states.map((queue) => ({ queue, body: NO_STATE })))
    const body = JSON.stringify({ channels: Object.fromEntries(known) })
    if (missing.length > 0) await publisher.send([{ queue: names.catalog, body }])
    return known
  })
}

/** Returns the lanes of all channels that were ever made, by channel. */
export async function channelsOf(parts: CatalogParts): Promise<ReadonlyMap<string, number>> {
  const { connections, names } = parts
  // No queue of a lock is made where nothing is.
  if ((await readyIn(connections.receiving, names.catalog)) === undefined) return new Map()
  return (await locked(connections, names.catalog, () => readCatalog(parts))) ?? new Map()
}

/** Returns all queues of a topology. */
export function allQueues(names: Names, channels: ReadonlyMap<string, number>): readonly string[] {
  const lanes = [...channels].flatMap(([channel, lanes]) => queuesOf(names, channel, lanes))
  return [...lanes, ...commonQueues(names)].map(([queue]) => queue)
}

function commonQueues({ catalog, errors, present }: Names): readonly (readonly [string, QueueShape])[] {
  return [
    [catalog, SHAPES.single],
    [errors, SHAPES.plain],
    [present, SHAPES.plain],
  ]
}

function queuesOf(names: Names, channel: string, lanes: number): readonly (readonly [string, QueueShape])[] {
  return laneQueues(names, channel, lanes).flatMap((lane) => [
    [lane, SHAPES.lane],
    [stateQueue(lane), SHAPES.single],
  ])
}

async function readCatalog({ connections, names }: CatalogParts): Promise<ReadonlyMap<string, number> | undefined> {
  if ((await readyIn(connections.receiving, names.catalog)) === undefined) return undefined
  const text = await withChannel(connections.receiving, (channel) => peek(channel, names.catalog))
  const channels = fieldsOf(fieldsOf(jsonIn(text ?? '{}'))?.channels) ?? {}
  const isCount = (lanes: unknown) => Number.isInteger(lanes) && Number(lanes) > 0
  return new Map(Object.entries(channels).flatMap(([name, lanes]) => (isCount(lanes) ? [[name, Number(lanes)]] : [])))
}

/** Before 3.8, RabbitMQ makes a queue of another kind without a word. A kind that no version has shows whether it looks. */
async function checkServer({ receiving, place }: Connections, { prefix }: Names): Promise<void> {
  const queue = `${prefix}.probe`
  try {
    await withChannel(receiving, (channel) =>
      channel.queueDeclare({ queue, exclusive: true, arguments: { 'x-queue-type': 'no-such-type' as 'quorum' } }),
    )
  } catch {
    return
  }
  await receiving.queueDelete({ queue })
  throw new AttakError(
    'BROKER_FAILED',
    `the broker ${place} has no quorum queues`,
    'attak needs RabbitMQ 3.10 or later.',
  )
}
