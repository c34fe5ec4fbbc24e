import type { Graph } from '../../graph/graph.ts'
import type { Current } from '../../runtime/current.ts'
import type { DeliverParts } from '../../runtime/deliver/round.ts'
import type { Invocation, InvocationHost, Invoke, LoadedProcessor, Spans } from '../../runtime/invocation.ts'
import type { StateStore } from '../../runtime/state.ts'
import type { ErrorWriter } from '../../runtime/store.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import type { WorkerLog } from '../../runtime/worker-log.ts'
import { createQueue, dequeue, enqueue } from '../../simulator/queue.ts'
import type { Backlog } from './backlog.ts'
import { type Item, type Stations, tallyOf, type Way } from './station.ts'

/** The parts of an embedded topology. */
export interface EmbeddedParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly host: WorkerHost
  readonly log: WorkerLog
  readonly store: ErrorWriter
  /** Keeps what handlers set; undefined if no processor has state. */
  readonly state?: StateStore | undefined
  /** Handlers that run at once. */
  readonly concurrency: number
  /** Decides the ids of what comes in, together with its number. No other process may have it. */
  readonly seed: string
  readonly spans?: Spans
  /** Called at the end of every attempt. */
  readonly ended?: DeliverParts['ended']
}

/** A topology that runs in this process. */
export interface Engine extends EmbeddedParts {
  readonly current: Current
  readonly stations: Stations
  readonly backlog: Backlog<Item>
  readonly accept: InvocationHost['accept']
  readonly invoke: Invoke
  /** Takes a message whose next attempt is not due, instead of this process. Returns false for one that waits here. */
  readonly putOff?: (item: Item) => boolean
  /** Events, or records of a broker, that are not done. */
  tallies: number
  /** Messages whose handlers run, or may start at any time. */
  started: number
  /** Messages that are not done. */
  open: number
  /** Error records so far. */
  recorded: number
  /** Handlers that wait for room. */
  readonly awaiting: Map<Invocation, (() => void)[]>
  /** Starts what may start. */
  pump(): void
  isPumping: boolean
  isClosed: boolean
  taken: number
  onRoom: (() => void)[]
  onQuiet: (() => void)[]
}

/** The most events that are open at once; sources wait then. */
export const MOST_OPEN = 4096
/** The most messages that wait before emits have to. */
const MOST_WAITING = 10_000

/** Puts a message where it can start, or behind those with its key. */
export function arrive(engine: Engine, item: Item): void {
  const { lanes, message, reply } = item
  engine.open++
  const lane = message.key === undefined || reply !== undefined ? undefined : lanes.get(message.key)
  if (lane !== undefined) {
    enqueue(lane, item)
    return
  }
  if (message.key !== undefined && reply === undefined) lanes.set(message.key, createQueue())
  makeReady(engine, item)
}

/** Has a message start as soon as it is due. */
export function makeReady(engine: Engine, item: Item): void {
  const { host, backlog } = engine
  const { wait, hop } = item.message
  const waitMs = wait === undefined ? 0 : wait.dueMs - host.now()
  if (waitMs > 0) {
    host.after(waitMs, () => makeReady(engine, item))
    return
  }
  backlog.add(item, hop)
  wake(engine)
}

/** Starts what may start in the next turn of the event loop. */
export function wake(engine: Engine): void {
  const { backlog, awaiting, isPumping } = engine
  if (isPumping || (backlog.size === 0 && awaiting.size === 0)) return
  engine.isPumping = true
  engine.host.after(0, () => {
    engine.isPumping = false
    engine.current.apart(engine.pump)
  })
}

/** A message does not run for now. */
export function release(engine: Engine, item: Item): void {
  if (!item.isStarted) return
  item.isStarted = false
  engine.started--
  wake(engine)
}

/** A message is done: it was handled, or its failure was recorded. */
export function finish(engine: Engine, item: Item, failure: { readonly error: unknown } | undefined): void {
  const { message, lanes, reply } = item
  const tally = tallyOf(message)
  engine.open--
  item.isDone = true
  release(engine, item)
  if (message.key !== undefined && reply === undefined) passOn(engine, lanes, message.key)
  reply?.settled(failure)
  if (--tally.pending > 0) return
  engine.tallies--
  tally.done(tally.failed)
  if (engine.tallies < MOST_OPEN) for (const call of engine.onRoom.splice(0)) call()
  if (engine.tallies === 0) for (const call of engine.onQuiet.splice(0)) call()
}

function passOn(engine: Engine, lanes: Way['lanes'], key: string): void {
  const lane = lanes.get(key)
  const next = lane && dequeue(lane)
  if (next === undefined) lanes.delete(key)
  else makeReady(engine, next)
}

/** Emits of a handler wait while too many messages do: unless nothing else runs, which could make room. */
export function roomFor(engine: Engine, invocation: Invocation): Promise<void> | undefined {
  if (engine.open - engine.started < MOST_WAITING) return undefined
  return new Promise((resolve) => {
    const others = engine.awaiting.get(invocation)
    if (others === undefined) engine.awaiting.set(invocation, [resolve])
    else others.push(resolve)
    wake(engine)
  })
}

export function releaseRoom({ awaiting, open, started }: Engine): void {
  if (awaiting.size === 0 || (open - started >= MOST_WAITING && awaiting.size < started)) return
  const calls = [...awaiting.values()].flat()
  awaiting.clear()
  for (const call of calls) call()
}

/** A handler has ended that still waited for room. */
export function freeAwaiting({ awaiting }: Engine, invocation: Invocation): void {
  const calls = awaiting.get(invocation)
  awaiting.delete(invocation)
  for (const call of calls ?? []) call()
}
