import { AttakError } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { blame } from '../../runtime/blame.ts'
import type { Delivery } from '../../runtime/carrier.ts'
import { captureConsole } from '../../runtime/console.ts'
import { type Current, followCurrent, invocationOfUncaught } from '../../runtime/current.ts'
import { deliver } from '../../runtime/deliver/deliver.ts'
import type { DeliverParts, FailedMessage } from '../../runtime/deliver/round.ts'
import type { Invocation, InvocationHost, Invoke, Invoked, LoadedProcessor, Spans } from '../../runtime/invocation.ts'
import { absentRefusal, copyForInvoke, invokedMessage } from '../../runtime/invoke.ts'
import type { Message } from '../../runtime/message.ts'
import type { SourceEvent } from '../../runtime/source.ts'
import type { ErrorWriter } from '../../runtime/store.ts'
import { describeThrown, errorOfThrown } from '../../runtime/thrown.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import type { WorkerLog } from '../../runtime/worker-log.ts'
import { openRecorder } from '../../runtime/worker-recorder.ts'
import { createQueue, dequeue, enqueue } from '../../simulator/queue.ts'
import { type Backlog, createBacklog } from './backlog.ts'
import { acceptIn, type Item, type OpenRoot, openStations, type Reply, type Stations, type Way } from './station.ts'

/** The parts of an embedded topology. */
export interface EmbeddedParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly host: WorkerHost
  readonly log: WorkerLog
  readonly store: ErrorWriter
  /** Handlers that run at once. */
  readonly concurrency: number
  /** Decides the ids of what comes in, together with its number. No other process may have it. */
  readonly seed: string
  /** The largest message, whichever processor receives it. */
  readonly messageBytes: number
  readonly spans?: Spans
  /** Called at the end of every attempt. */
  readonly ended?: DeliverParts['ended']
}

/** A topology in one process: its messages move in memory, and each is done when it was handled or recorded as failed. */
export interface Embedded {
  /** Takes an event. Resolves to the number of error records when it and all that it caused is done. */
  take(event: SourceEvent): Promise<number>
  /** Runs its processor at once, without a retry. Resolves to the handler's result; rejects with its failure, which is recorded. */
  call(event: SourceEvent): Promise<unknown>
  /** Waits while as many trees are open as may be; undefined when there is room for one more. */
  room(): Promise<void> | undefined
  /** Resolves when nothing is open. */
  quiet(): Promise<void>
  readonly counts: Counts
  /** Ends it: nothing starts any more, and handlers that still run are cut off. Messages that are not done are lost. */
  close(): void
}

/** What is under way. */
export interface Counts {
  /** Trees that are not done. */
  readonly roots: number
  /** Handlers that run. */
  readonly running: number
  /** Messages that wait for a handler: for room, for their key, or for a retry. */
  readonly waiting: number
}

/** The most trees that are open at once; sources wait then. */
const MOST_ROOTS = 4096
/** The most messages that wait before emits have to. */
const MOST_WAITING = 10_000
/** What could not be done, since nothing could be recorded, is tried again after this time. */
const AGAIN_MS = 1000

interface Engine extends EmbeddedParts {
  readonly current: Current
  readonly stations: Stations
  readonly backlog: Backlog<Item>
  readonly accept: InvocationHost['accept']
  readonly invoke: Invoke
  roots: number
  /** Messages whose handlers run, or may start at any time. */
  started: number
  /** Messages that are not done. */
  open: number
  /** Handlers that wait for room. */
  readonly awaiting: Map<Invocation, (() => void)[]>
  isPumping: boolean
  isClosed: boolean
  taken: number
  onRoom: (() => void)[]
  onQuiet: (() => void)[]
}

/** Opens a topology in this process. Takes the lines that its handlers write, and their uncaught errors, until it is closed. */
export function openEmbedded(parts: EmbeddedParts): Embedded {
  const { graph, host, log } = parts
  const current = followCurrent()
  const engine = makeEngine(parts, current)
  const release = captureConsole<Invocation>(host.console, { writer: current.get, take: log.line, echo: false })
  host.onUncaught((error) => blame(invocationOfUncaught(error), error))
  const stationOf = (name: string) => {
    const station = engine.stations.byName.get(name)
    if (station !== undefined) return station
    const what = `there is no processor "${name}" in "${graph.name}"`
    throw new AttakError('INPUT_INVALID', what, `It has: ${[...engine.stations.byName.keys()].join(', ')}.`)
  }
  return {
    take: (event) =>
      new Promise((done) => {
        const way = stationOf(event.to).entry
        arrive(engine, { message: rootMessage(engine, event, done), way, reply: undefined, isStarted: false })
      }),
    call: (event) =>
      new Promise((resolve, reject) => {
        const way = stationOf(event.to).entry
        const message = rootMessage(engine, event, () => {})
        arrive(engine, {
          message,
          way,
          reply: replyTo(event.to, resolve, reject, { isRecorded: true }),
          isStarted: false,
        })
      }),
    room: () => (engine.roots < MOST_ROOTS ? undefined : new Promise((resolve) => engine.onRoom.push(resolve))),
    quiet: () => (engine.roots === 0 ? Promise.resolve() : new Promise((resolve) => engine.onQuiet.push(resolve))),
    get counts() {
      const { roots, started, open } = engine
      return { roots, running: started, waiting: open - started }
    },
    close() {
      engine.isClosed = true
      release()
    },
  }
}

function makeEngine(parts: EmbeddedParts, current: Current): Engine {
  const { graph, host, log, store, spans, processors, messageBytes } = parts
  const scope = { topology: graph.name, stage: graph.stage }
  const stations = openStations({
    ...{ graph, processors, spans, messageBytes },
    recorderOf(processor) {
      const recorder = openRecorder({ ...scope, processor, host, log, store, isKept: () => false, artifact: undefined })
      recorder.begin(Number.POSITIVE_INFINITY)
      return recorder
    },
  })
  const accept = acceptIn({
    ...{ graph, routeOf: stations.routeOf },
    arrive: (message, way) => {
      message.root.pending++
      arrive(engine, { message, way, reply: undefined, isStarted: false })
    },
    output: (invocation, message) => log.output(invocation, message, JSON.stringify(message.data)),
    room: (invocation) => roomFor(engine, invocation),
  })
  const engine: Engine = {
    ...parts,
    ...{ current, stations, backlog: createBacklog<Item>() },
    accept: spans === undefined ? accept : spans.sending(accept),
    invoke: (invocation, processor, data) => invokeIn(engine, invocation, { processor, data }),
    ...{ roots: 0, started: 0, open: 0, taken: 0 },
    awaiting: new Map(),
    ...{ isPumping: false, isClosed: false, onRoom: [], onQuiet: [] },
  }
  return engine
}

function rootMessage(engine: Engine, event: SourceEvent, done: (failed: number) => void): Message {
  const { event: data, topic, key, id, traceparent } = event
  const root: OpenRoot = { seed: engine.seed, position: engine.taken++, pending: 1, id, failed: 0, done }
  engine.roots++
  return {
    ...{ data, topic, key, edge: { from: undefined, to: event.to }, parent: undefined, root, ordinal: 0 },
    ...{ hop: 1, attempt: 1, id: undefined, traceparent },
  }
}

/** Puts a message where it can start, or behind those with its key. */
function arrive(engine: Engine, item: Item): void {
  const { key } = item.message
  engine.open++
  if (key === undefined || item.reply !== undefined) {
    makeReady(engine, item)
    return
  }
  const { lanes } = item.way
  const lane = lanes.get(key)
  if (lane !== undefined) enqueue(lane, item)
  else {
    lanes.set(key, createQueue())
    makeReady(engine, item)
  }
}

function makeReady(engine: Engine, item: Item): void {
  engine.backlog.add(item, item.message.hop)
  wake(engine)
}

/** Starts what may start in the next turn of the event loop. */
function wake(engine: Engine): void {
  const { backlog, awaiting, isPumping } = engine
  if (isPumping || (backlog.size === 0 && awaiting.size === 0)) return
  engine.isPumping = true
  engine.host.after(0, () => {
    engine.isPumping = false
    engine.current.apart(() => pump(engine))
  })
}

/** Starts what may start, the messages of one processor together. */
function pump(engine: Engine): void {
  const { backlog, concurrency } = engine
  if (engine.isClosed) return
  const batches = new Map<Way['station'], Item[]>()
  while (engine.started < concurrency) {
    const item = backlog.take()
    if (item === undefined) break
    item.isStarted = true
    engine.started++
    const { station } = item.way
    const batch = item.reply === undefined ? batches.get(station) : undefined
    if (batch !== undefined) batch.push(item)
    else if (item.reply !== undefined) run(engine, station, [item])
    else batches.set(station, [item])
  }
  for (const [station, items] of batches) run(engine, station, items)
  releaseRoom(engine)
}

/** A record of one message, as the runtime delivers it. */
interface ItemDelivery extends Delivery {
  readonly item: Item
}

function run(engine: Engine, station: Way['station'], items: readonly Item[]): void {
  const { host, log, current } = engine
  const { recorder } = station
  const reply = items[0]!.reply
  const deliveries = items.map((item, place) => deliveryOf(item, place))
  /** Messages never change: handlers get copies. */
  const readAgain = () => items.map((item, place): Delivery => ({ ...deliveries[place]!, messages: [item.message] }))
  const itemOf = (delivery: Delivery) => (delivery as ItemDelivery).item
  const delivered = deliver(deliveries, {
    policyOf: (_message, delivery) => itemOf(delivery).way.policy,
    readAgain,
    recordFailure: (failed) => recordFailure(engine, station, failed, itemOf(failed.delivery)),
    ended(invocation, delivery, outcome, error) {
      log.ended(invocation, delivery, outcome, error)
      engine.ended?.(invocation, delivery, outcome, error)
      freeAwaiting(engine, invocation)
      if (outcome === 'retry') release(engine, itemOf(delivery))
      else if (outcome === 'ok' || outcome === 'skipped') finish(engine, itemOf(delivery), undefined)
    },
    endsMs: Number.POSITIVE_INFINITY,
    invoked: reply?.invoked,
    redeliversAtOnce: false,
    leases: undefined,
    processor: station.runtime,
    host: {
      accept: engine.accept,
      invoke: engine.invoke,
      late: (invocation, error) => recorder.late(invocation, error, { first: deliveries, readAgain }),
      log: log.line,
    },
    later: { keep: (message, _policy, delivery) => keep(engine, itemOf(delivery), message), keyed: true },
    idle: recorder.flush,
    now: host.now,
    after: host.after,
    progress: station.progress,
    current,
    concurrency: Number.POSITIVE_INFINITY,
  })
  void delivered.then((failed) => {
    for (const { record, item } of deliveries) if (failed.has(record)) tryAgain(engine, item)
  })
}

function deliveryOf(item: Item, place: number): ItemDelivery {
  const { message, way } = item
  const { copier, channel } = way
  const record = `${place}`
  return {
    ...{ record, item, position: { carrier: 'memory', channel, ref: '' } },
    messages: [{ ...message, data: copier.copy(message.data) }],
  }
}

/** A message waits for its next attempt. Other messages get its room. */
async function keep(engine: Engine, item: Item, message: Message): Promise<void> {
  item.message = message
  readyAt(engine, item, message.wait!.dueMs)
}

/** Neither handled nor recorded: the store took no record. The message comes again. */
function tryAgain(engine: Engine, item: Item): void {
  release(engine, item)
  readyAt(engine, item, engine.host.now() + AGAIN_MS)
}

function readyAt(engine: Engine, item: Item, atMs: number): void {
  const { host } = engine
  host.after(Math.max(0, atMs - host.now()), () => makeReady(engine, item))
}

function recordFailure(
  engine: Engine,
  { recorder }: Way['station'],
  failed: FailedMessage,
  item: Item,
): undefined | Promise<void> {
  const { error } = failed
  const end = () => finish(engine, item, { error })
  if (item.reply?.isRecorded === false) {
    end()
    return undefined
  }
  return recorder.failed(failed).then(
    () => {
      ;(item.message.root as OpenRoot).failed++
      end()
    },
    (unrecorded: unknown) => {
      if (item.reply === undefined) throw unrecorded
      // Whoever waits learns of the failure.
      end()
    },
  )
}

/** A message does not run for now. */
function release(engine: Engine, item: Item): void {
  if (!item.isStarted) return
  item.isStarted = false
  engine.started--
  wake(engine)
}

/** A message is done: it was handled, or its failure was recorded. */
function finish(engine: Engine, item: Item, failure: { readonly error: unknown } | undefined): void {
  const { message, way, reply } = item
  const root = message.root as OpenRoot
  engine.open--
  release(engine, item)
  if (message.key !== undefined && reply === undefined) passOn(engine, way, message.key)
  reply?.settled(failure)
  if (--root.pending > 0) return
  engine.roots--
  root.done(root.failed)
  if (engine.roots < MOST_ROOTS) for (const call of engine.onRoom.splice(0)) call()
  if (engine.roots === 0) for (const call of engine.onQuiet.splice(0)) call()
}

function passOn(engine: Engine, { lanes }: Way, key: string): void {
  const lane = lanes.get(key)
  const next = lane && dequeue(lane)
  if (next === undefined) lanes.delete(key)
  else makeReady(engine, next)
}

/** Emits of a handler wait while too many messages do: unless nothing else runs, which could make room. */
function roomFor(engine: Engine, invocation: Invocation): Promise<void> | undefined {
  if (engine.open - engine.started < MOST_WAITING) return undefined
  return new Promise((resolve) => {
    const others = engine.awaiting.get(invocation)
    if (others === undefined) engine.awaiting.set(invocation, [resolve])
    else others.push(resolve)
    wake(engine)
  })
}

function releaseRoom({ awaiting, open, started }: Engine): void {
  if (awaiting.size === 0 || (open - started >= MOST_WAITING && awaiting.size < started)) return
  const calls = [...awaiting.values()].flat()
  awaiting.clear()
  for (const call of calls) call()
}

/** A handler has ended that still waited for room. */
function freeAwaiting({ awaiting }: Engine, invocation: Invocation): void {
  const calls = awaiting.get(invocation)
  awaiting.delete(invocation)
  for (const call of calls ?? []) call()
}

/** Runs a message for a handler that waits for the answer, beside all else. */
function invokeIn(
  engine: Engine,
  invocation: Invocation,
  { processor, data }: { readonly processor: string; readonly data: unknown },
): Promise<unknown> {
  const { graph, stations, current } = engine
  const edge = { from: invocation.processor, to: processor, invoked: true } as const
  const way = stations.byName.get(processor)?.entry
  if (way === undefined) throw absentRefusal(processor)
  const copied = copyForInvoke(processor, 'data', data)
  const message = invokedMessage(invocation, { edge, data: copied, hopLimit: graph.hopLimit })
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(errorOfThrown(describeThrown(error)))
    const reply = replyTo(processor, resolve, fail, { isRecorded: false })
    message.root.pending++
    engine.open++
    engine.started++
    const item: Item = { message, way, reply, isStarted: true }
    // In a separate turn, because the current invocation is tracked by turns.
    queueMicrotask(() => current.apart(() => run(engine, way.station, [item])))
  })
}

function replyTo(
  processor: string,
  resolve: (result: unknown) => void,
  reject: (error: unknown) => void,
  { isRecorded }: Pick<Reply, 'isRecorded'>,
): Reply {
  const invoked: Invoked = { result: undefined }
  return {
    ...{ invoked, isRecorded },
    settled(failure) {
      if (failure !== undefined) return reject(failure.error)
      try {
        resolve(copyForInvoke(processor, 'answer', invoked.result))
      } catch (error) {
        reject(error)
      }
    },
  }
}
