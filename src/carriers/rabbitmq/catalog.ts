import { AttakError } from '../../errors.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'
import type { Connections } from './connect.ts'
import { NO_STATE } from './lane-state.ts'
import { delayQueue, laneQueues, type Names, type QueueShape, SHAPES, stateQueue } from './names.ts'
import type { Publisher } from './publisher.ts'
import { declareQueues, locked, readyIn, withChannel } from './queues.ts'
import { peek } from './single.ts'

/** What a catalog is read and written with. */
export interface CatalogParts {
  readonly connections: Connections
  readonly names: Names
  readonly publisher: Publisher
}

/** What a topology has on RabbitMQ, which does not list queues over AMQP. */
export interface Catalog {
  /** By channel: how many lanes it has. What the first worker decided counts. */
  readonly lanes: ReadonlyMap<string, number>
  /** By channel: for how many seconds messages may be held back. */
  readonly delays: ReadonlyMap<string, readonly number[]>
}

const NOTHING: Catalog = { lanes: new Map(), delays: new Map() }

/** Makes channels that are not there. Returns the lanes of all. */
export async function ensureChannels(
  parts: CatalogParts,
  channels: readonly string[],
  count: number,
): Promise<Catalog['lanes']> {
  const { connections, names, publisher } = parts
  const { lanes } = await updateCatalog(parts, async (catalog) => {
    const missing = channels.filter((channel) => !catalog.lanes.has(channel))
    const lanes = new Map([...catalog.lanes, ...missing.map((channel) => [channel, count] as const)])
    await declareQueues(connections, commonQueues(names))
    await withChannel(connections.receiving, (channel) =>
      channel.exchangeDeclare({ exchange: names.workers, type: 'fanout', durable: true }),
    )
    await Promise.all(
      channels.map((channel) => declareQueues(connections, queuesOf(names, channel, lanes.get(channel)!))),
    )
    const states = missing.flatMap((channel) => laneQueues(names, channel, count).map(stateQueue))
    await publisher.send(states.map((queue) => ({ queue, body: NO_STATE })))
    return missing.length === 0 ? catalog : { ...catalog, lanes }
  })
  return lanes
}

/** Reads the catalog, and writes what `change` makes of it if that is another one. Nobody else does so at the same time. */
export function updateCatalog(parts: CatalogParts, change: (catalog: Catalog) => Promise<Catalog>): Promise<Catalog> {
  const { connections, names, publisher } = parts
  return locked(connections, names.catalog, async () => {
    const found = await foundCatalog(parts)
    if (found === undefined) await checkServer(connections, names)
    if (found === undefined) await declareQueues(connections, [[names.catalog, SHAPES.single]])
    const catalog = await change(found ?? NOTHING)
    if (catalog !== found) await publisher.send([{ queue: names.catalog, body: textOf(catalog) }])
    return catalog
  })
}

/** Returns the catalog of a topology; an empty one if it was never there. */
export async function readCatalog(parts: CatalogParts): Promise<Catalog> {
  const { connections, names } = parts
  // No queue of a lock is made where nothing is.
  if ((await readyIn(connections.receiving, names.catalog)) === undefined) return NOTHING
  return (await locked(connections, names.catalog, () => foundCatalog(parts))) ?? NOTHING
}

/** Returns the queues of a topology, without its catalog. Those of delays have an exchange of the same name. */
export function namesIn(
  names: Names,
  { lanes, delays }: Catalog,
): { queues: readonly string[]; both: readonly string[] } {
  const own = [...lanes].flatMap(([channel, count]) => queuesOf(names, channel, count))
  return {
    queues: [...own, ...commonQueues(names)].map(([queue]) => queue),
    both: [...delays].flatMap(([channel, all]) => all.map((seconds) => delayQueue(names, channel, seconds))),
  }
}

function commonQueues({ errors, present }: Names): readonly (readonly [string, QueueShape])[] {
  return [
    [errors, SHAPES.plain],
    [present, SHAPES.plain],
  ]
}

function queuesOf(names: Names, channel: string, count: number): readonly (readonly [string, QueueShape])[] {
  return laneQueues(names, channel, count).flatMap((lane) => [
    [lane, SHAPES.lane],
    [stateQueue(lane), SHAPES.single],
  ])
}

async function foundCatalog({ connections, names }: CatalogParts): Promise<Catalog | undefined> {
  if ((await readyIn(connections.receiving, names.catalog)) === undefined) return undefined
  return catalogIn(await withChannel(connections.receiving, (channel) => peek(channel, names.catalog)))
}

function textOf({ lanes, delays }: Catalog): string {
  return JSON.stringify({ lanes: Object.fromEntries(lanes), delays: Object.fromEntries(delays) })
}

function catalogIn(text = '{}'): Catalog {
  const fields = fieldsOf(jsonIn(text))
  const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0
  const lanes = Object.entries(fieldsOf(fields?.lanes) ?? {}).flatMap(([channel, count]) =>
    isCount(count) ? [[channel, count] as const] : [],
  )
  const delays = Object.entries(fieldsOf(fields?.delays) ?? {}).flatMap(([channel, all]) =>
    Array.isArray(all) ? [[channel, all.filter(isCount)] as const] : [],
  )
  return { lanes: new Map(lanes), delays: new Map(delays) }
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
  const what = `the broker ${place} has no quorum queues`
  throw new AttakError('BROKER_FAILED', what, 'attak needs RabbitMQ 3.10 or later.')
}
