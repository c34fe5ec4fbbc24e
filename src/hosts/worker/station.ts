import type { Graph, GraphProcessor, GraphStream } from '../../graph/graph.ts'
import { type HeldPolicy, heldPolicyOf } from '../../graph/holds.ts'
import { indexOf } from '../../graph/index-of.ts'
import { routesFor } from '../../graph/routes.ts'
import { openLeases } from '../../runtime/deliver/leases.ts'
import { createProgress, type DeliveryProgress } from '../../runtime/deliver/progress.ts'
import type { DeliverParts } from '../../runtime/deliver/round.ts'
import { addEmit, childOf, nextOrdinal } from '../../runtime/emit.ts'
import type { HandledStore } from '../../runtime/handled.ts'
import type {
  Invocation,
  InvocationHost,
  Invoked,
  LoadedProcessor,
  ProcessorRuntime,
  Spans,
} from '../../runtime/invocation.ts'
import type { Edge, Message, Root } from '../../runtime/message.ts'
import type { Position } from '../../runtime/position.ts'
import { callingOf } from '../../runtime/reach.ts'
import { dataRefusal, hopRefusal, keyRefusal } from '../../runtime/refusal.ts'
import type { Resources } from '../../runtime/resources.ts'
import { routerOf } from '../../runtime/routes.ts'
import type { StateStore } from '../../runtime/state.ts'
import type { Recorder } from '../../runtime/worker-recorder.ts'
import { sizeChecker } from '../../simulator/accept.ts'
import { type Copier, createCopier } from '../../simulator/copy.ts'
import type { Queue } from '../../simulator/queue.ts'
import { keepsOrder } from '../../topology/carrier-rules.ts'

/** A processor in this process, with all that handling its messages needs. */
export interface Station {
  readonly name: string
  readonly runtime: Omit<ProcessorRuntime, 'host'>
  readonly recorder: Recorder
  readonly progress: DeliveryProgress
  /** Whether the data of each event is logged. */
  readonly logEvents: boolean
  /** Set if it must not handle a message twice. */
  readonly leases: DeliverParts['leases']
  /** The way of events that come from outside. */
  readonly entry: Way
}

/** One way to a processor: a stream, or that of events from outside. */
export interface Way {
  readonly edge: Edge
  readonly station: Station
  /** The channel that carries it, for positions. */
  readonly channel: string
  readonly policy: HeldPolicy
  /** The most messages that share a record on a broker. */
  readonly pack: number
  /** Makes the copy that a handler gets. */
  readonly copier: Copier
  /** Unfinished messages of each key, which wait for each other. Streams of one channel to one receiver share them. */
  readonly lanes: Map<string, Queue<Item>>
}

/** Messages that are acknowledged together: the tree of an event, or the messages of a record of a broker. */
export interface Tally {
  /** Those that are not done. */
  pending: number
  /** How many of them failed, each with its error record. */
  failed: number
  /** Where their record stands; undefined for what came over no broker. */
  readonly position?: Position
  /** Called when none is left. */
  readonly done: (failed: number) => void
  /** Another worker handles them: nothing of them starts any more. */
  isLost?: boolean
}

/** The root of messages in this process. */
export interface TalliedRoot extends Root {
  readonly tally: Tally
}

/** The messages that a message is acknowledged with. */
export function tallyOf({ root }: Message): Tally {
  return (root as TalliedRoot).tally
}

/** A message for one processor until it is done: handled, or recorded as failed. */
export interface Item {
  /** As its next attempt gets it. */
  message: Message
  readonly way: Way
  /** Unfinished messages of each key that it waits for; see {@link Way.lanes}. */
  readonly lanes: Way['lanes']
  /** Set if somebody waits for what the handler settles with. The message is then not retried. */
  readonly reply: Reply | undefined
  /** Its handler runs, or may start at any time. */
  isStarted: boolean
  isDone?: boolean
}

/** Receives the outcome of a message that is not retried. */
export interface Reply {
  readonly invoked: Invoked
  /** Whether a failure is recorded; otherwise whoever waits decides what becomes of it. */
  readonly isRecorded: (error: unknown) => boolean
  readonly settled: (error: { readonly error: unknown } | undefined) => void
}

/** Where the emits of one topic go. */
export interface Route {
  readonly ways: readonly Way[]
  /** The largest message that all of them carry. */
  readonly messageBytes: number
  /** Whether all of them keep the order of each key. */
  readonly orderedByKey: boolean
  readonly copier: Copier
}

/** What stations are made of. */
export interface StationParts {
  /** Remembers handled messages for so many milliseconds. */
  readonly remembering: (ttlMs: number) => HandledStore
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly spans: Spans | undefined
  readonly state: StateStore | undefined
  readonly recorderOf: (processor: string) => Recorder
  readonly resourcesOf: (loaded: LoadedProcessor, spec: GraphProcessor) => Resources | undefined
  /** The largest message, whichever processor receives it. */
  readonly messageBytes: number
}

/** The stations of a topology by name, and the function that finds the route of an emit. */
export interface Stations {
  readonly byName: ReadonlyMap<string, Station>
  readonly routeOf: (processor: string, topic: string) => Route
  /** The way of a message that came over a broker; that of events from outside if no stream brings it any more. */
  readonly wayOf: (message: Message, to: string) => Way
}

/** Makes a station of each processor, over the routing tables that deployed functions get too. */
export function openStations(parts: StationParts): Stations {
  const { graph, messageBytes } = parts
  const byName = new Map(graph.processors.map(({ name }) => [name, stationOf(name, parts)]))
  const lanesOf = lanesByChannel()
  const ways = graph.streams.map((stream) => wayOf(stream, { graph, byName, lanes: lanesOf(stream) }))
  const routeTo = (streams: readonly number[]): Route => {
    const rules = streams.map((index) => ({
      stream: graph.streams[index]!,
      of: graph.carriers[graph.streams[index]!.via],
    }))
    return {
      ways: streams.map((index) => ways[index]!),
      messageBytes: Math.min(messageBytes, ...rules.map(({ of }) => of.limits.messageBytes)),
      orderedByKey: rules.every(({ of, stream }) => keepsOrder(of, stream)),
      copier: createCopier('handler'),
    }
  }
  const routers = new Map(graph.processors.map(({ name }) => [name, routerOf(routesFor(graph, name), routeTo)]))
  return {
    byName,
    routeOf: (processor, topic) => routers.get(processor)!(topic),
    wayOf({ edge, topic = '' }, to) {
      const station = byName.get(to)!
      const from = edge?.from
      if (from === undefined) return station.entry
      return (
        routers
          .get(from)?.(topic)
          .ways.find((way) => way.station === station) ?? station.entry
      )
    },
  }
}

function stationOf(name: string, parts: StationParts): Station {
  const { graph, processors, spans, state, recorderOf, resourcesOf, remembering } = parts
  const spec = indexOf(graph).processor(name)!
  const loaded = processors.get(name)
  if (loaded === undefined) throw new Error(`processor "${name}" is in the graph but was not loaded`)
  const { timeoutMs } = spec
  const runtime = {
    topology: graph.name,
    stage: graph.stage,
    timeoutMs,
    ...callingOf(loaded, spec),
    resources: resourcesOf(loaded, spec),
    state: spec.state && state,
    ...(spans && { spans }),
  }
  const station: Station & { entry: Way } = {
    ...{ name, runtime, recorder: recorderOf(name), progress: createProgress() },
    logEvents: spec.logEvents,
    leases: spec.idempotent && leasesIn(remembering(spec.idempotent.ttlHours * HOUR_MS)),
    entry: undefined as unknown as Way,
  }
  const edge = { from: undefined, to: name }
  const policy = heldPolicyOf(graph, spec)
  station.entry = {
    edge,
    station,
    channel: 'input',
    policy,
    pack: MOST_INPUTS,
    copier: createCopier('handler'),
    lanes: new Map(),
  }
  return station
}

function leasesIn(store: HandledStore): DeliverParts['leases'] {
  return (round) => openLeases(store, round)
}

const HOUR_MS = 3_600_000
/** Events from outside are records of their own. */
const MOST_INPUTS = 1

interface WayParts extends Pick<Way, 'lanes'> {
  readonly graph: Graph
  readonly byName: ReadonlyMap<string, Station>
}

function wayOf(stream: GraphStream, { graph, byName, lanes }: WayParts): Way {
  const { from, to, channel, pack } = stream
  const policy = heldPolicyOf(graph, indexOf(graph).processor(to)!, stream)
  return { edge: { from, to }, station: byName.get(to)!, channel, policy, pack, copier: createCopier('copy'), lanes }
}

function lanesByChannel(): (stream: GraphStream) => Way['lanes'] {
  const known = new Map<string, Way['lanes']>()
  return ({ channel, to }) => {
    const name = `${channel} ${to}`
    const lanes: Way['lanes'] = known.get(name) ?? new Map()
    known.set(name, lanes)
    return lanes
  }
}

/** What emits are accepted with. */
export interface AcceptParts {
  readonly graph: Graph
  readonly routeOf: Stations['routeOf']
  /** Takes a message on its way. */
  readonly arrive: (message: Message, way: Way) => void
  /** Called for emits without a subscriber. */
  readonly output: (invocation: Invocation, message: Message) => void
  /** Returns a promise while too much waits: it resolves when there is room, or nothing but emits is waited for. */
  readonly room: (invocation: Invocation) => Promise<void> | undefined
}

/** Makes the function that accepts emits: each is copied, checked as for a cloud, and on its way at once. */
export function acceptIn({ graph, routeOf, arrive, output, room }: AcceptParts): InvocationHost['accept'] {
  const { hopLimit } = graph
  const checkSize = sizeChecker(graph)
  return (invocation, topic, data, key, traceparent) => {
    const { message: parent, processor } = invocation
    const { ways, copier, orderedByKey, messageBytes } = routeOf(processor, topic)
    if (parent.hop >= hopLimit && ways.length > 0) throw hopRefusal(topic, hopLimit)
    if (key !== undefined && !orderedByKey) throw keyRefusal(topic)
    const emitted = {
      ...{ data: snapshotOf(copier, topic, data), topic, key },
      ...{ ordinal: nextOrdinal(invocation, topic, key), traceparent },
    }
    const first = childOf(parent, emitted, ways[0]?.edge)
    checkSize(first, copier.mostBytes, messageBytes)
    addEmit(invocation, first)
    if (ways.length === 0) output(invocation, first)
    for (let index = 0; index < ways.length; index++) {
      const way = ways[index]!
      arrive(index === 0 ? first : childOf(parent, emitted, way.edge), way)
    }
    return room(invocation)
  }
}

function snapshotOf(copier: Copier, topic: string, data: unknown): unknown {
  try {
    return copier.copy(data)
  } catch (error) {
    throw dataRefusal(topic, data, error)
  }
}
