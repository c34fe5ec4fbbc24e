import type { Redis } from 'ioredis'
import type { BrokerSend, BrokerWorker, BrokerWorld, Working } from '../../runtime/broker.ts'
import { createStop, type Stop, waitFor } from '../../runtime/stop.ts'
import type { Scripts } from './client.ts'
import type { Connections } from './connect.ts'
import { startHeart } from './heart.ts'
import { createInsist, type Insist } from './insist.ts'
import { laneNames, type OwnedLane, openLane } from './lanes.ts'

/** How often a worker looks for lanes that it may take, or has to give back. */
const LOOK_MS = 1000
/** How long one call waits for records. */
const BLOCK_MS = 1000
/** The most records that one call reads, of all lanes and of one. */
const MOST_READ = { all: 1024, lane: 128 }
/** The pause after a call that failed, which is repeated. */
const PAUSE_MS = 200

/** What a worker works with. */
export interface WorkParts {
  readonly world: BrokerWorld
  readonly connections: Connections
  readonly client: Redis & Scripts
  readonly prefix: string
  /** How many lanes each channel has. */
  readonly lanesOf: ReadonlyMap<string, number>
  readonly fieldsOf: (sends: readonly BrokerSend[]) => readonly string[]
}

/** A worker that takes part in Redis. */
export interface RedisWorking extends Working {
  /** Ends at once, and gives nothing back. */
  leave(): void
}

/** The state of a worker. */
interface Work extends WorkParts {
  readonly worker: BrokerWorker
  readonly reader: Redis
  /** The id of the reader's connection, to end its wait. */
  readerId: number | undefined
  readonly lanes: Map<string, OwnedLane>
  /** The lanes that the current call reads; undefined while there is none. */
  reading: ReadonlySet<OwnedLane> | undefined
  /** Ends the worker. */
  readonly stop: Stop
  /** Ends the wait for room. */
  room: Stop
  readonly insist: Insist
  readonly startedMs: number
  tokens: number
}

/** Takes part as a worker. */
export async function startWork(parts: WorkParts, worker: BrokerWorker): Promise<RedisWorking> {
  const { world, connections, client, prefix } = parts
  const reader = connections.another()
  const work: Work = {
    ...{ ...parts, worker, reader, readerId: undefined, lanes: new Map(), reading: undefined },
    ...{
      insist: createInsist(world, connections.place),
      stop: createStop(),
      room: createStop(),
      startedMs: world.now(),
      tokens: 0,
    },
  }
  reader.on('ready', () => {
    reader.client('ID').then(
      (id) => {
        work.readerId = id
      },
      () => {},
    )
  })
  const heart = startHeart({
    ...{ file: connections.file, url: world.url, leaseMs: world.leaseMs },
    key: `${prefix}alive:${worker.id}`,
  })
  await balance(work)
  const looking = keepLooking(work)
  const reads = keepReading(work)
  return {
    isConnected: () => client.status === 'ready',
    lag: () => lagOf(parts, worker.channels),
    leave() {
      work.stop.stop()
      work.room.stop()
      heart.close()
    },
    async close() {
      work.stop.stop()
      wake(work)
      await Promise.all([...work.lanes.values()].map((lane) => giveBack(work, lane)))
      await looking
      await reads
      heart.close()
      reader.disconnect()
      await client
        .pipeline()
        .hdel(`${prefix}workers`, worker.id)
        .del(`${prefix}alive:${worker.id}`)
        .exec()
        .catch(() => {})
    },
  }
}

/** Takes lanes, gives lanes back, and moves records that are due, once a second. */
async function keepLooking(work: Work): Promise<void> {
  const { world, client, prefix, stop } = work
  for (;;) {
    await waitFor(world, LOOK_MS, stop)
    if (stop.isStopped) return
    try {
      await balance(work)
      while ((await client.attakMove(prefix)) > 0) if (stop.isStopped) return
    } catch (error) {
      if (!stop.isStopped && client.status === 'ready') world.tell(`Redis: ${(error as Error).message}`, 'warn')
    }
  }
}

/** Compares the lanes that Redis says are this worker's with those that it knows. */
async function balance(work: Work): Promise<void> {
  const { client, prefix, worker, world, lanes, lanesOf, startedMs } = work
  const about = JSON.stringify({ ...worker.about, startedMs, channels: worker.channels })
  const token = `${worker.id}.${++work.tokens}`
  const channels = worker.channels.flatMap((channel) => [channel, lanesOf.get(channel) ?? world.lanes])
  const [gone, owned] = await client.attakBalance(prefix, worker.id, world.leaseMs, about, token, ...channels)
  if (gone > 0)
    world.tell(`${work.connections.place} has lost what it kept of this topology. What comes now is handled.`, 'warn')
  const names = new Set<string>()
  for (let at = 0; at < owned.length; at += 3) {
    const [name, token, state] = owned.slice(at, at + 3) as [string, string, string]
    names.add(name)
    const known = lanes.get(name)
    if (known?.token === token) {
      if (state === 'extra') void giveBack(work, known)
      continue
    }
    if (known !== undefined) lose(work, known)
    if (state === 'new' || state === 'left') {
      lanes.set(
        name,
        await openLane({ ...work, isOver: isOverIn(work), wake: () => wake(work) }, name, token, state === 'left'),
      )
    } else {
      // The answer of taking it, or of giving it back, was lost. A second use of a token would repeat numbers of commits.
      await client.attakRelease(prefix, token, name)
    }
  }
  for (const lane of lanes.values()) if (!names.has(lane.name)) lose(work, lane)
  wake(work)
}

function isOverIn({ lanes, client }: Work): (name: string, token: string) => boolean {
  return (name, token) => client.status === 'end' || lanes.get(name)?.token !== token
}

function lose({ lanes }: Work, lane: OwnedLane): void {
  lanes.delete(lane.name)
  lane.user.lost()
}

function giveBack(work: Work, lane: OwnedLane): Promise<void> {
  lane.releasing ??= releaseLane(work, lane)
  return lane.releasing
}

async function releaseLane({ client, prefix, lanes }: Work, lane: OwnedLane): Promise<void> {
  await lane.user.release()
  await client.attakRelease(prefix, lane.token, lane.name).catch(() => {})
  if (lanes.get(lane.name) === lane) lanes.delete(lane.name)
}

/** Reads the lanes that have room, as long as the worker takes part. */
async function keepReading(work: Work): Promise<void> {
  const { world, stop } = work
  while (!stop.isStopped) {
    const open = [...work.lanes.values()].filter(({ releasing, user }) => releasing === undefined && user.room() > 0)
    try {
      if (open.length === 0) await idle(work)
      else await read(work, open)
    } catch {
      await waitFor(world, PAUSE_MS, stop)
    }
  }
}

/** Waits until a lane has room, or another look is due. */
async function idle(work: Work): Promise<void> {
  work.reading = new Set()
  work.room = createStop()
  await waitFor(work.world, BLOCK_MS, work.room)
  work.reading = undefined
}

async function read(work: Work, open: readonly OwnedLane[]): Promise<void> {
  const { reader, prefix } = work
  const count = Math.max(1, Math.min(MOST_READ.lane, Math.floor(MOST_READ.all / open.length)))
  const keys = open.map(({ name }) => `${prefix}in:${name}`)
  work.reading = new Set(open)
  const found = await reader
    .xread('COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...open.map(({ cursor }) => cursor))
    .finally(() => {
      work.reading = undefined
    })
  for (const [key, entries] of found ?? []) {
    const lane = open[keys.indexOf(key)]!
    const last = entries.at(-1)
    if (last === undefined || lane.releasing !== undefined || work.lanes.get(lane.name) !== lane) continue
    lane.cursor = last[0]
    // The reader's connection sends it at once: a handler that runs next may end the process.
    reader.hset(`${prefix}lane:${lane.name}`, 'started', last[0]).catch(() => {})
    lane.user.take(entries.map(([ref, fields]) => ({ ref, body: fields[1] ?? '' })))
  }
}

/** Ends the wait of the reader, if a lane has room that it does not wait for. */
function wake(work: Work): void {
  const { reading, lanes, client, readerId, room, stop } = work
  if (reading === undefined) return
  room.stop()
  const isMissing = (lane: OwnedLane) => !reading.has(lane) && lane.releasing === undefined && lane.user.room() > 0
  if (reading.size === 0 || readerId === undefined) return
  if (stop.isStopped || [...lanes.values()].some(isMissing)) client.client('UNBLOCK', readerId).catch(() => {})
}

async function lagOf(
  { client, prefix, lanesOf }: WorkParts,
  channels: readonly string[],
): Promise<Record<string, number>> {
  const lags = channels.map(async (channel) => {
    const names = laneNames(channel, lanesOf.get(channel) ?? 0)
    const counts = await Promise.all(names.map((name) => client.xlen(`${prefix}in:${name}`)))
    return [channel, counts.reduce((sum, count) => sum + count, 0)] as const
  })
  return Object.fromEntries(await Promise.all(lags))
}
