import type { AsyncMessage, Channel } from 'rabbitmq-client'
import type { BrokerSend, BrokerWorker, BrokerWorld, Lane, LaneUser } from '../../runtime/broker.ts'
import type { Connections } from './connect.ts'
import { type LaneState, stateIn, stateText } from './lane-state.ts'
import type { LaneReport } from './members.ts'
import { SHAPES, stateQueue } from './names.ts'
import type { Publisher } from './publisher.ts'
import { closeChannel, declareQueues, withChannel } from './queues.ts'
import { bodyOf, peek } from './single.ts'

/**
 * The most records of a lane that its owner has. All owners have the same number: when one is gone, its records return to the
 * head of the queue, and the next owner gets all of them at once. With fewer, those that it did not get would come before the
 * others when it is gone, too.
 */
const PREFETCH = 100
/** The type of a message that shows its receiver that it owns the lane. */
const TOKEN = 'attak.token'
/** How long RabbitMQ may take to return a state. */
const SILENT_MS = 10_000
/** The pause before emits that were refused are sent again. */
const REFUSED_MS = 1000

/** Puts records into their channels, as long as they are wanted. */
export type PutRecords = (sends: readonly BrokerSend[], isWanted?: () => boolean) => Promise<void>

/** What lanes work with. */
export interface LaneWorld {
  readonly world: Pick<BrokerWorld, 'now' | 'after' | 'tell'>
  readonly connections: Connections
  readonly publisher: Publisher
  readonly worker: BrokerWorker
  readonly put: PutRecords
  /** Tells other workers that a lost lane's owner has not ended. */
  readonly survived: (queue: string, ref: string) => void
  /** Another worker has it, or the connection is lost. */
  readonly closed: (lane: HeldLane) => void
}

/** A lane that this worker consumes. It owns it from the first message that it receives. */
export interface HeldLane {
  readonly channel: string
  readonly queue: string
  report(): LaneReport
  /** When the first of its records came that are not acknowledged; undefined for none. */
  heldSinceMs(): number | undefined
  /** Takes a crash of a record back. Returns false if this worker does not own the lane. */
  survived(ref: string): boolean
  isLost(): boolean
  /** Has RabbitMQ send a message to the owner: to this worker, unless another one still has the lane. */
  knock(): void
  /** Gives it back, when nothing of it runs. */
  giveBack(): Promise<void>
  /** Nothing of it has effect from now on. */
  lose(): void
}

interface Held {
  readonly tag: number
  readonly cameMs: number
  readonly sentMs: number | undefined
  /** Whether an earlier owner had it. */
  readonly isReturned: boolean
}

interface Open extends LaneWorld {
  readonly place: { readonly channel: string; readonly index: number; readonly queue: string }
  readonly consumer: Channel
  /** What came and was not acknowledged, by ref. */
  readonly held: Map<string, Held>
  /** What its user has had no room for. */
  readonly waiting: { readonly ref: string; readonly body: string }[]
  state: LaneState
  user: LaneUser | undefined
  beginning: Promise<void> | undefined
  /** Records that came so far. */
  came: number
  isLost: boolean
  isReleasing: boolean
}

/** Consumes a lane. RabbitMQ sends its records to one worker at a time. Throws if the queue cannot be consumed. */
export async function holdLane(parts: LaneWorld, place: Open['place']): Promise<HeldLane> {
  const consumer = await parts.connections.receiving.acquire({ emitErrorsFromChannel: true })
  consumer.on('error', () => {})
  const open: Open = {
    ...{ ...parts, place, consumer, held: new Map(), waiting: [] },
    ...{ state: { marks: new Map(), crashes: new Map() }, user: undefined, beginning: undefined },
    ...{ came: 0, isLost: false, isReleasing: false },
  }
  const lane = heldLane(open)
  const lost = () => {
    if (open.isLost) return
    lane.lose()
    parts.closed(lane)
  }
  consumer.once('close', lost)
  consumer.on('basic.cancel', () => void closeChannel(consumer))
  await consumer.basicQos({ prefetchCount: PREFETCH })
  await consumer.basicConsume({ queue: place.queue }, (message) => receive(open, message))
  knock(open)
  return lane
}

function knock(open: Open): void {
  const { publisher, place, beginning } = open
  const isWanted = () => !open.isLost && open.beginning === undefined
  if (open.isLost || beginning !== undefined) return
  publisher.send([{ queue: place.queue, body: '', type: TOKEN }], isWanted).catch(() => {})
}

function heldLane(open: Open): HeldLane {
  const { place, held, consumer } = open
  return {
    ...place,
    report: () => ({ held: held.size, oldestMs: [...held.values()][0]?.sentMs }),
    isLost: () => open.isLost,
    knock: () => knock(open),
    heldSinceMs: () => [...held.values()][0]?.cameMs,
    survived(ref) {
      if (open.user === undefined || open.isLost) return false
      const count = open.state.crashes.get(ref)
      if (count === undefined) return true
      if (count > 1) open.state.crashes.set(ref, count - 1)
      else open.state.crashes.delete(ref)
      void writeState(open)
      return true
    },
    async giveBack() {
      if (open.isReleasing || open.isLost) return
      open.isReleasing = true
      await open.beginning
      if (open.user !== undefined) {
        await open.user.release()
        await writeState(open, null)
      }
      open.isLost = true
      await closeChannel(consumer)
    },
    lose() {
      if (open.isLost) return
      open.isLost = true
      open.user?.lost()
      void closeChannel(consumer)
    },
  }
}

function receive(open: Open, message: AsyncMessage): void {
  const { held, waiting, world, consumer } = open
  if (open.isLost) return
  if (open.came++ === PREFETCH) forget(open)
  open.beginning ??= begin(open)
  if (message.type === TOKEN) {
    consumer.basicAck({ deliveryTag: message.deliveryTag })
    return
  }
  const { deliveryTag: tag, messageId, timestamp, redelivered, headers } = message
  // Another sender than attak may give no id, or one twice.
  const ref = messageId === undefined || held.has(messageId) ? `tag.${tag}` : messageId
  const isReturned = redelivered || Number(headers?.['x-delivery-count'] ?? 0) > 0
  held.set(ref, { tag, cameMs: world.now(), sentMs: timestamp && 1000 * timestamp, isReturned })
  waiting.push({ ref, body: bodyOf(message) })
  feed(open)
}

/** The first message shows that this worker owns the lane. */
async function begin(open: Open): Promise<void> {
  const { consumer, worker } = open
  try {
    const found = stateIn(await readState(open))
    open.state = { marks: found.marks, crashes: found.crashes }
    await writeState(open)
    if (open.isLost || open.isReleasing) return
    // A worker that lost its connection, and not its life, has the lane again.
    const isVanished = found.owner !== undefined && found.owner !== worker.id
    open.user = worker.gained(laneOf(open, isVanished))
    feed(open)
  } catch (error) {
    if (!open.isLost) open.world.tell(`RabbitMQ: ${(error as Error).message}`, 'warn')
    await closeChannel(consumer)
  }
}

/** A server that was killed just after it made a queue may not answer for it any more: it is made again then. */
async function readState({ connections, place, world }: Open): Promise<string | undefined> {
  const queue = stateQueue(place.queue)
  const reading = withChannel(connections.receiving, (channel) => peek(channel, queue))
  const silent = new Promise<'silent'>((resolve) => void world.after(SILENT_MS, () => resolve('silent')))
  const text = await Promise.race([reading, silent])
  if (text !== 'silent') return text
  reading.catch(() => {})
  const what = `RabbitMQ does not answer for the queue "${queue}". attak makes it again;`
  world.tell(`${what} attempts of messages that wait in its lane are counted from the start.`, 'warn')
  await withChannel(connections.receiving, (channel) => channel.queueDelete({ queue }))
  await declareQueues(connections, [[queue, SHAPES.single]])
  return undefined
}

function laneOf(open: Open, isVanished: boolean): Lane {
  const { place, state, held, put } = open
  const { marks, crashes } = state
  const isWanted = () => !open.isLost
  return {
    ...{ channel: place.channel, index: place.index },
    left: {
      marks: new Map(marks),
      crashes,
      isSuspect: (ref) => crashes.has(ref) || (isVanished && held.get(ref)?.isReturned === true),
    },
    async commit({ done, sends, marks: marked }) {
      if (open.isLost) return 'fenced'
      for (const [ref, found] of marked) marks.set(ref, found)
      const writing = marked.size > 0 ? writeState(open) : undefined
      await Promise.all([sendUntilTaken(open, () => put(sends, isWanted)), writing])
      if (open.isLost) return 'fenced'
      for (const ref of done) acknowledge(open, ref)
      return 'committed'
    },
    async suspect(ref) {
      crashes.set(ref, (crashes.get(ref) ?? 0) + 1)
      await writeState(open)
    },
    survived: (ref) => open.survived(place.queue, ref),
    wake: () => feed(open),
  }
}

/** A broker that refuses emits is asked again: their message is not acknowledged before. */
async function sendUntilTaken(open: Open, send: () => Promise<void>): Promise<void> {
  const { world } = open
  for (let isTold = false; ; isTold = true) {
    try {
      return await send()
    } catch (error) {
      if (open.isLost) return
      if (!isTold)
        world.tell(`RabbitMQ refuses messages, and attak sends them again: ${(error as Error).message}`, 'warn')
      await new Promise<void>((resolve) => void world.after(REFUSED_MS, resolve))
    }
  }
}

function acknowledge({ consumer, held, state }: Open, ref: string): void {
  const found = held.get(ref)
  held.delete(ref)
  state.marks.delete(ref)
  state.crashes.delete(ref)
  if (found !== undefined && consumer.active) consumer.basicAck({ deliveryTag: found.tag })
}

/** Gives the user of the lane what it has room for. */
function feed({ user, waiting, isLost, isReleasing }: Open): void {
  while (user !== undefined && !isLost && !isReleasing && waiting.length > 0) {
    const room = user.room()
    if (room <= 0) return
    user.take(waiting.splice(0, room))
  }
}

/** All records of earlier owners have come: what the state says of others is out of date. */
function forget({ state, held }: Open): void {
  for (const map of [state.marks, state.crashes]) for (const ref of map.keys()) if (!held.has(ref)) map.delete(ref)
}

/** `owner` is null when the lane is given back. */
async function writeState(open: Open, owner: string | null = open.worker.id): Promise<void> {
  if (open.isLost) return
  const { publisher, place, state } = open
  await publisher
    .send([{ queue: stateQueue(place.queue), body: stateText(state, owner) }], () => !open.isLost)
    .catch((error: Error) => open.world.tell(`RabbitMQ: ${error.message}`, 'warn'))
}
