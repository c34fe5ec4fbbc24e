import type { Graph, RetryPolicy } from '../graph/graph.ts'
import { routesFor } from '../graph/routes.ts'
import { addEmit, childOf, nextOrdinal } from '../runtime/emit.ts'
import { encodeMessage } from '../runtime/event.ts'
import { type Edge, idOf, type Message } from '../runtime/message.ts'
import type { InvocationHost, LoadedProcessor, ProcessorRuntime } from '../runtime/processor.ts'
import { mayTakeEmit, seesCallback } from '../runtime/reach.ts'
import { dataRefusal, hopRefusal, sizeRefusal } from '../runtime/refusal.ts'
import { type Router, routerOf } from '../runtime/routes.ts'
import type { Copier } from './copy.ts'
import type { Queue } from './queue.ts'

/** An edge as it is simulated. */
export interface SimulatedEdge extends Edge {
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
}

/** What {@link buildNetwork} puts together. */
export interface NetworkParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly createCopier: () => Copier
  /** The largest message that the transport carries. */
  readonly messageBytes: number
  readonly host: Omit<InvocationHost, 'accept'>
}

/** Puts processors and edges together, over the routing tables that a deployed function gets too. */
export function buildNetwork(parts: NetworkParts): Network {
  const { graph, createCopier } = parts
  const host: InvocationHost = { ...parts.host, accept: acceptor(parts) }
  const edges: SimulatedEdge[] = []
  const makeRoute = (streams: readonly number[]): SimulatedRoute => ({
    edges: streams.map((stream) => edges[stream]!),
    copier: createCopier(),
  })
  const processors = graph.processors.map((spec): SimulatedProcessor => {
    const loaded = parts.processors.get(spec.name)
    if (loaded === undefined) throw new Error(`processor "${spec.name}" is in the graph but was not loaded`)
    return {
      name: spec.name,
      topology: graph.name,
      stage: graph.stage,
      timeoutMs: spec.timeoutMs,
      handler: loaded.handler,
      self: loaded.self,
      input: loaded.input,
      seesCallback: seesCallback(loaded.handler),
      mayTakeEmit: mayTakeEmit(loaded.handler),
      settlesByCallback: spec.callback || loaded.handler.length >= 3,
      host,
      route: routerOf(routesFor(graph, spec.name), makeRoute),
      lastTopic: undefined,
      lastRoute: undefined,
      handled: 0,
      emitted: 0,
      promptRuns: 0,
    }
  })
  const byName = new Map(processors.map((processor) => [processor.name, processor]))
  const edge = (from: string | undefined, to: string, policy: RetryPolicy): SimulatedEdge => {
    return { from, to, receiver: byName.get(to)!, policy, copier: createCopier(), lanes: new Map() }
  }
  for (const stream of graph.streams) edges.push(edge(stream.from, stream.to, stream))
  return { processors, inputs: new Map(graph.processors.map((spec) => [spec.name, edge(undefined, spec.name, spec)])) }
}

/** Takes emits: one snapshot each, and a message for each receiver; one without a receiver when nobody hears it. */
function acceptor({ graph, messageBytes }: NetworkParts): InvocationHost['accept'] {
  const { hopLimit } = graph
  const origin = { topology: graph.name, stage: graph.stage, time: new Date(0).toISOString() }
  const checkSize = (message: Message) => {
    const bytes = Buffer.byteLength(encodeMessage(message, origin)) + Buffer.byteLength(message.key ?? idOf(message))
    if (bytes > messageBytes) throw sizeRefusal(message.topic ?? '', bytes, messageBytes)
  }
  return (invocation, topic, data, key) => {
    const { message } = invocation
    const processor = invocation.runtime as SimulatedProcessor
    const { edges, copier } = topic === processor.lastTopic ? processor.lastRoute! : routeTo(processor, topic)
    if (message.hop >= hopLimit && edges.length > 0) throw hopRefusal(topic, hopLimit)
    const snapshot = snapshotOf(copier, topic, data)
    const ordinal = nextOrdinal(invocation, topic, key)
    const first = childOf(message, { data: snapshot, topic, key, ordinal }, edges[0])
    const most = copier.mostBytes + MOST_METADATA_BYTES + 6 * topic.length + (key === undefined ? 0 : 9 * key.length)
    if (most > messageBytes) checkSize(first)
    addEmit(invocation, first)
    for (let index = 1; index < edges.length; index++) {
      addEmit(invocation, childOf(message, { data: snapshot, topic, key, ordinal }, edges[index]))
    }
    return undefined
  }
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
