import type { Channel } from 'rabbitmq-client'
import type { BrokerWorker, BrokerWorld, WorkerStatus, Working } from '../../runtime/broker.ts'
import type { LaneCounts } from '../../runtime/placing.ts'
import { createStop, type Stop, waitFor } from '../../runtime/stop.ts'
import { assignLanes } from './assign.ts'
import type { CatalogParts } from './catalog.ts'
import { type HeldLane, holdLane, type LaneWorld } from './lane.ts'
import { createTeller, hearWorkers, type Teller, type Told } from './members.ts'
import { laneQueue } from './names.ts'
import { closeChannel, queueError } from './queues.ts'
import { lagOf } from './status.ts'

/** How often a worker says that it is there, at least; and for how long a new one listens before it takes lanes. */
const BEAT_MS = 1000
const LISTEN_MS = 1000
/**
 * RabbitMQ closes the channel of a consumer that has not acknowledged a message for 30 minutes. A lane with one is given back before,
 * and taken again. Source: rabbitmq.com/docs/consumers, "Delivery Acknowledgement Timeout", read 2026-11-29.
 */
const MOST_HELD_MS = 25 * 60_000

/** What a worker works with. */
export interface WorkParts extends CatalogParts, Pick<LaneWorld, 'put'> {
  readonly world: BrokerWorld
  readonly lanesOf: LaneCounts
}

/** A worker that takes part in RabbitMQ. */
export interface RabbitWorking extends Working {
  /** Ends at once, and gives nothing back. */
  leave(): void
}

interface Heard {
  readonly worker: WorkerStatus
  /** When it was heard last. */
  atMs: number
}

/** The state of a worker. */
interface Work extends WorkParts {
  readonly worker: BrokerWorker
  readonly self: WorkerStatus
  readonly teller: Teller
  /** By queue; undefined while a lane is being opened. */
  readonly lanes: Map<string, HeldLane | undefined>
  /** The other workers. */
  readonly others: Map<string, Heard>
  /** Where others are heard; undefined while the connection is lost. */
  ears: Channel | undefined
  isHearing: boolean
  readonly stop: Stop
}

/** Takes part as a worker. */
export async function startWork(parts: WorkParts, worker: BrokerWorker): Promise<RabbitWorking> {
  const { world, connections, names } = parts
  const self = { ...worker.about, id: worker.id, channels: worker.channels, startedMs: world.now() }
  const work: Work = {
    ...{ ...parts, worker, self, teller: createTeller(connections, names), lanes: new Map(), others: new Map() },
    ...{ ears: undefined, isHearing: false, stop: createStop() },
  }
  connections.receiving.on('connection', () => void hear(work))
  await hear(work)
  await listen(work)
  await balance(work)
  const beating = keepBeating(work)
  return {
    isConnected: connections.isConnected,
    lag: () => lagOf(parts, worker.channels, (queue) => work.lanes.get(queue)?.report().held ?? 0),
    leave: () => work.stop.stop(),
    async close() {
      work.stop.stop()
      await Promise.all([...work.lanes.values()].map((lane) => lane?.giveBack()))
      await beating
      await work.teller.tell({ kind: 'gone', id: worker.id })
      if (work.ears !== undefined) await closeChannel(work.ears)
    },
  }
}

/** Hears other workers, and has them say that they are there. */
async function hear(work: Work): Promise<void> {
  const { connections, names, stop } = work
  if (stop.isStopped || work.isHearing || work.ears !== undefined) return
  work.isHearing = true
  try {
    const ears = await hearWorkers(connections, names, { isWorker: true, heard: (told) => void heard(work, told) })
    work.ears = ears
    ears.once('close', () => {
      work.ears = undefined
    })
    await sayHere(work, true)
  } catch {
    // The connection is lost again, or the next beat tries again.
  } finally {
    work.isHearing = false
  }
}

/** Waits until all that are there have said so, or for a while. */
async function listen(work: Work): Promise<void> {
  const { connections, names, world, others, stop } = work
  const untilMs = world.now() + LISTEN_MS
  const countOf = async () =>
    (await connections.receiving.queueDeclare({ queue: names.present, passive: true })).consumerCount
  while (world.now() < untilMs && !stop.isStopped) {
    if (others.size + 1 >= (await countOf().catch(() => Number.POSITIVE_INFINITY))) return
    await waitFor(world, LISTEN_MS / 20, stop)
  }
}

async function heard(work: Work, told: Told): Promise<void> {
  const { others, world, self, lanes, stop } = work
  if (stop.isStopped) return
  switch (told.kind) {
    case 'ask':
      return sayHere(work, false)
    case 'gone':
      if (others.delete(told.id)) await balance(work)
      return
    case 'survived':
      lanes.get(told.lane)?.survived(told.ref)
      return
    case 'here': {
      const { worker, asks } = told
      if (worker.id === self.id) return
      const isNew = !others.has(worker.id)
      others.set(worker.id, { worker, atMs: world.now() })
      if (asks) await sayHere(work, false)
      if (isNew) await balance(work)
    }
  }
}

function sayHere({ teller, self, lanes }: Work, asks: boolean): Promise<void> {
  const reports = [...lanes].flatMap(([queue, lane]) => (lane === undefined ? [] : [[queue, lane.report()] as const]))
  return teller.tell({ kind: 'here', worker: self, lanes: Object.fromEntries(reports), asks })
}

/** Says that it is there, forgets workers that do not, and takes and gives back lanes. */
async function keepBeating(work: Work): Promise<void> {
  const { world, connections, others, stop, lanes } = work
  for (;;) {
    await waitFor(world, Math.min(BEAT_MS, world.leaseMs / 4), stop)
    if (stop.isStopped) return
    await hear(work)
    await sayHere(work, false)
    const nowMs = world.now()
    // While RabbitMQ takes no messages, no worker can say anything.
    if (connections.isBlocked() || !connections.isConnected()) for (const other of others.values()) other.atMs = nowMs
    for (const [id, { atMs }] of others) if (nowMs - atMs > world.leaseMs) others.delete(id)
    for (const lane of lanes.values()) {
      lane?.knock()
      if (nowMs - (lane?.heldSinceMs() ?? nowMs) > MOST_HELD_MS) void giveBack(work, lane!)
    }
    await balance(work)
  }
}

/** Compares the lanes that this worker has with those that it should have. */
async function balance(work: Work): Promise<void> {
  const { worker, self, others, lanesOf, names, lanes, stop } = work
  if (stop.isStopped || work.ears === undefined) return
  const members = [self, ...[...others.values()].map((other) => other.worker)]
  const mine = worker.channels.flatMap((channel) =>
    assignLanes(channel, lanesOf.get(channel) ?? 0, members).flatMap((owner, index) =>
      owner === worker.id ? [{ channel, index, queue: laneQueue(names, channel, index) }] : [],
    ),
  )
  const wanted = new Set(mine.map(({ queue }) => queue))
  for (const [queue, lane] of lanes) if (lane !== undefined && !wanted.has(queue)) void giveBack(work, lane)
  await Promise.all(mine.filter(({ queue }) => !lanes.has(queue)).map((place) => take(work, place)))
}

async function take(work: Work, place: Parameters<typeof holdLane>[1]): Promise<void> {
  const { lanes, connections, world, stop } = work
  lanes.set(place.queue, undefined)
  try {
    const lane = await holdLane(
      { ...work, survived: (queue, ref) => survived(work, queue, ref), closed: remove(work) },
      place,
    )
    if (lane.isLost()) lanes.delete(place.queue)
    else lanes.set(place.queue, lane)
    if (stop.isStopped) await giveBack(work, lane)
  } catch (error) {
    lanes.delete(place.queue)
    if (connections.isConnected() && !stop.isStopped)
      world.tell(queueError(place.queue, connections.place, error).message, 'warn')
  }
}

function remove({ lanes }: Work): (lane: HeldLane) => void {
  return (lane) => {
    if (lanes.get(lane.queue) === lane) lanes.delete(lane.queue)
  }
}

async function giveBack(work: Work, lane: HeldLane): Promise<void> {
  await lane.giveBack()
  remove(work)(lane)
}

/** The owner may be another one by now. */
function survived({ lanes, teller }: Work, lane: string, ref: string): void {
  if (lanes.get(lane)?.survived(ref) !== true) void teller.tell({ kind: 'survived', lane, ref })
}
