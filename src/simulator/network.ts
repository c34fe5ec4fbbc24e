import { AttakError } from '../errors.ts'
import type { Graph, GraphStream, RetryPolicy } from '../graph/graph.ts'
import { routesFor } from '../graph/routes.ts'
import { addEmit, childOf, nextOrdinal } from '../runtime/emit.ts'
import { encodeMessage } from '../runtime/event.ts'
import type { Invocation } from '../runtime/invocation.ts'
import { copyForInvoke, invokedMessage } from '../runtime/invoke.ts'
import { type Edge, idOf, type Message } from '../runtime/message.ts'
import type { InvocationHost, Invoke, LoadedProcessor, ProcessorRuntime } from '../runtime/processor.ts'
import { callingOf } from '../runtime/reach.ts'
import { dataRefusal, hopRefusal, keyRefusal, sizeRefusal } from '../runtime/refusal.ts'
import { type Router, routerOf } from '../runtime/routes.ts'
import type { TransportLimits } from '../runtime/transport.ts'
import { rulesOf } from '../topology/delivery.ts'
import type { Copier } from './copy.ts'
import type { Queue } from './queue.ts'

/** An edge as it is simulated. */
export interface SimulatedEdge extends Edge {
  /** Its place among all edges. */
  readonly index: number
  readonly receiver: SimulatedProcessor
  readonly policy: RetryPolicy
  /** Makes the copy that a handler gets. */
  readonly copier: Copier
  /** Keys whose messages wait for one before them that is not done; none for edges without keys. */
  readonly lanes: Map<string, Queue<Message> | undefined>
}

/** Where the emits of one topic go, and what takes their snapshots. */
export interface SimulatedRoute {
  readonly edges: readonly SimulatedEdge[]
  /** The largest message that all of them carry. */
  readonly messageBytes: number
  /** Whether all of them keep the order of each key. */
  readonly orderedByKey: boolean
  readonly copier: Copier
}

/** A processor as it is simulated. */
export interface SimulatedProcessor extends ProcessorRuntime {
  readonly route: Router<SimulatedRoute>
  /** The topic of the last emit, and its route: most emits are like the one before. */
  lastTopic: string | undefined
  lastRoute: SimulatedRoute | undefined
  /** Messages whose last outcome is ok. */
  handled: number
  emitted: number
  /** Runs of its handler that settled before they returned, up to {@link SURE_OF_PROMPTNESS}; negative once one did not. */
  promptRuns: number
}

/** Everything that messages move through. */
export interface Network {
  /** In the order of the graph. */
  readonly processors: readonly SimulatedProcessor[]
  /** The way of each processor's inputs, by its name. */
  readonly inputs: ReadonlyMap<string, SimulatedEdge>
  /** In the order of the graph. */
  readonly streams: readonly SimulatedEdge[]
}

/** What {@link buildNetwork} puts together. */
export interface NetworkParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly createCopier: () => Copier
  /** The largest message that may be emitted, whoever hears it. */
  readonly messageBytes: number
  readonly host: Omit<InvocationHost, 'accept' | 'invoke'>
  /** Runs a message that a handler invoked, and gives its answer. */
  readonly invoke: (invoker: Invocation, message: Message) => Promise<unknown>
}

/** Puts processors and edges together, over the routing tables that a deployed function gets too. */
export function buildNetwork(parts: NetworkParts): Network {
  const { graph, createCopier } = parts
  const byName = new Map<string, SimulatedProcessor>()
  const host: InvocationHost = { ...parts.host, accept: acceptor(parts), invoke: invoker(parts, byName) }
  const edges: SimulatedEdge[] = []
  const makeRoute = (streams: readonly number[]): SimulatedRoute => ({
    edges: streams.map((stream) => edges[stream]!),
    messageBytes: Math.min(
      parts.messageBytes,
      ...streams.map((stream) => limitsOf(graph.streams[stream]!).messageBytes),
    ),
    orderedByKey: streams.every((stream) => limitsOf(graph.streams[stream]!).orderedByKey),
    copier: createCopier(),
  })
  const processors = graph.processors.map((spec): SimulatedProcessor => {
    const loaded = parts.processors.get(spec.name)
    if (loaded === undefined) throw new Error(`processor "${spec.name}" is in the graph but was not loaded`)
    return {
      topology: graph.name,
      stage: graph.stage,
      timeoutMs: spec.timeoutMs,
      ...callingOf(loaded, spec),
      host,
      route: routerOf(routesFor(graph, spec.name), makeRoute),
      lastTopic: undefined,
      lastRoute: undefined,
      handled: 0,
      emitted: 0,
      promptRuns: 0,
    }
  })
  for (const processor of processors) byName.set(processor.name, processor)
  let count = 0
  const edge = (from: string | undefined, to: string, policy: RetryPolicy): SimulatedEdge => {
    return { index: count++, from, to, receiver: byName.get(to)!, policy, copier: createCopier(), lanes: new Map() }
  }
  for (const stream of graph.streams) edges.push(edge(stream.from, stream.to, stream))
  return {
    processors,
    streams: edges,
    inputs: new Map(graph.processors.map((spec) => [spec.name, edge(undefined, spec.name, spec)])),
  }
}

/** Takes emits: one snapshot each, and a message for each receiver; one without a receiver when nobody hears it. */
function acceptor({ graph }: NetworkParts): InvocationHost['accept'] {
  const { hopLimit } = graph
  const origin = { topology: graph.name, stage: graph.stage, time: new Date(0).toISOString() }
  const checkSize = (message: Message, messageBytes: number) => {
    const bytes = Buffer.byteLength(encodeMessage(message, origin)) + Buffer.byteLength(message.key ?? idOf(message))
    if (bytes > messageBytes) throw sizeRefusal(message.topic ?? '', bytes, messageBytes)
  }
  return (invocation, topic, data, key) => {
    const { message } = invocation
    const processor = invocation.runtime as SimulatedProcessor
    const route = topic === processor.lastTopic ? processor.lastRoute! : routeTo(processor, topic)
    const { edges, copier, messageBytes } = route
    if (message.hop >= hopLimit && edges.length > 0) throw hopRefusal(topic, hopLimit)
    if (key !== undefined && !route.orderedByKey) throw keyRefusal(topic)
    const snapshot = snapshotOf(copier, topic, data)
    const ordinal = nextOrdinal(invocation, topic, key)
    const first = childOf(message, { data: snapshot, topic, key, ordinal }, edges[0])
    const most = copier.mostBytes + MOST_METADATA_BYTES + 6 * topic.length + (key === undefined ? 0 : 9 * key.length)
    if (most > messageBytes) checkSize(first, messageBytes)
    addEmit(invocation, first)
    for (let index = 1; index < edges.length; index++) {
      addEmit(invocation, childOf(message, { data: snapshot, topic, key, ordinal }, edges[index]))
    }
    return undefined
  }
}

/** Takes invokes: a message of its own over an edge that is no stream, whatever is in flight. */
function invoker(
  { graph, createCopier, invoke }: NetworkParts,
  processors: ReadonlyMap<string, SimulatedProcessor>,
): Invoke {
  const edges = new Map<string, SimulatedEdge>()
  const edgeTo = (from: string, to: string) => {
    const receiver = processors.get(to)
    if (receiver === undefined) throw absentRefusal(to)
    const name = `${from}--${to}`
    const edge = edges.get(name) ?? {
      index: graph.streams.length + graph.processors.length + edges.size,
      from,
      to,
      invoked: true,
      receiver,
      policy: ONCE,
      copier: createCopier(),
      lanes: NO_LANES,
    }
    edges.set(name, edge)
    return edge
  }
  return (invocation, name, data) => {
    const edge = edgeTo(invocation.processor, name)
    const parts = { edge, data: copyForInvoke(name, 'data', data), hopLimit: graph.hopLimit }
    return invoke(invocation, invokedMessage(invocation, parts))
  }
}

/** Whoever invoked it hears of the failure. */
const ONCE: RetryPolicy = { retries: 0, backoff: { firstMs: 0, factor: 1, maxMs: 0, jitter: false } }
const NO_LANES: SimulatedEdge['lanes'] = new Map()

function absentRefusal(name: string): AttakError {
  return new AttakError(
    'INVOKE_REFUSED',
    `invoke of "${name}": it is not part of this run`,
    `Run it as well, with --only ${name}.`,
  )
}

/** What carries a stream refuses by these, as data: here as in a deployed topology. */
function limitsOf({ via, fifo }: GraphStream): TransportLimits {
  const { messageBytes, orderedByKey } = rulesOf(via)
  return { messageBytes, orderedByKey: fifo ? orderedByKey.fifo : orderedByKey.plain }
}

/** More than what a message carries beside data, topic and key: names of 40 characters and ids of 32. */
const MOST_METADATA_BYTES = 1024

function routeTo(processor: SimulatedProcessor, topic: string): SimulatedRoute {
  processor.lastTopic = topic
  processor.lastRoute = processor.route(topic)
  return processor.lastRoute
}

function snapshotOf(copier: Copier, topic: string, data: unknown): unknown {
  try {
    return copier.copy(data)
  } catch (error) {
    throw dataRefusal(topic, data, error)
  }
}
