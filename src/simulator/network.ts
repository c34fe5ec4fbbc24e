import type { Graph, GraphProcessor, GraphStream } from '../graph/graph.ts'
import { type HeldPolicy, heldPolicyOf } from '../graph/holds.ts'
import { routesFor } from '../graph/routes.ts'
import type { Invocation, InvocationHost, Invoke, LoadedProcessor, Spans } from '../runtime/invocation.ts'
import { absentRefusal, copyForInvoke, invokedMessage } from '../runtime/invoke.ts'
import { callingOf } from '../runtime/reach.ts'
import type { Resources } from '../runtime/resources.ts'
import { routerOf } from '../runtime/routes.ts'
import type { StateStore } from '../runtime/state.ts'
import { keepsOrder } from '../topology/carrier-rules.ts'
import { acceptorOf } from './accept.ts'
import type { Copier } from './copy.ts'
import type { CopySource } from './copy-walk.ts'
import { skippingHandled } from './handled.ts'
import type { Losses } from './losses.ts'
import {
  type Lanes,
  type Receivers,
  receiversOver,
  type SimulatedEdge,
  SimulatedMessage,
  type SimulatedProcessor,
  type SimulatedRoute,
} from './message.ts'

/** Everything that messages move through. */
export interface Network {
  /** In the order of the graph. */
  readonly processors: readonly SimulatedProcessor[]
  /** The edge of each processor's inputs, by its name. */
  readonly inputs: ReadonlyMap<string, SimulatedEdge>
  /** In the order of the graph. */
  readonly streams: readonly SimulatedEdge[]
}

/** The arguments of {@link buildNetwork}. */
export interface NetworkParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly createCopier: (source: CopySource, onLoss?: (value: unknown) => void) => Copier
  /** Receives the values that JSON changes. */
  readonly losses: Losses
  /** The largest message that may be emitted, whichever processor receives it. */
  readonly messageBytes: number
  readonly spans?: Spans
  readonly host: Omit<InvocationHost, 'accept' | 'invoke'>
  readonly resourcesOf: (loaded: LoadedProcessor, spec: GraphProcessor) => Resources | undefined
  /** Keeps what handlers set. */
  readonly state: StateStore
  /** Runs a message that a handler invoked, and returns its answer. */
  readonly invoke: (invoker: Invocation, message: SimulatedMessage) => Promise<unknown>
}

/** Puts processors and edges together, over the routing tables that a deployed function gets too. */
export function buildNetwork(parts: NetworkParts): Network {
  const { graph, createCopier, losses } = parts
  const byName = new Map<string, SimulatedProcessor>()
  const accept = parts.spans === undefined ? acceptorOf(graph) : parts.spans.sending(traced(acceptorOf(graph)))
  const host: InvocationHost = { ...parts.host, accept, invoke: invoker(parts, byName) }
  const edges: SimulatedEdge[] = []
  const makeRoute = (from: string, streams: readonly number[], topic: string): SimulatedRoute => {
    const limits = streams.map((stream) => limitsOf(graph, graph.streams[stream]!))
    return {
      topic,
      receivers: receiversOver(streams.map((stream) => edges[stream]!)),
      messageBytes: Math.min(parts.messageBytes, ...limits.map(({ messageBytes }) => messageBytes)),
      orderedByKey: limits.every(({ orderedByKey }) => orderedByKey),
      copier: createCopier('handler', losses.of(`emit of "${topic}" of "${from}"`)),
    }
  }
  const processors = graph.processors.map((spec, index): SimulatedProcessor => {
    const loaded = parts.processors.get(spec.name)
    if (loaded === undefined) throw new Error(`processor "${spec.name}" is in the graph but was not loaded`)
    return {
      place: index + 1,
      topology: graph.name,
      stage: graph.stage,
      timeoutMs: spec.timeoutMs,
      ...(spec.idempotent ? skippingHandled(callingOf(loaded, spec), host) : { ...callingOf(loaded, spec), host }),
      ...(parts.spans && { spans: parts.spans }),
      resources: parts.resourcesOf(loaded, spec),
      state: spec.state && parts.state,
      route: routerOf(routesFor(graph, spec.name), (streams, topic) => makeRoute(spec.name, streams, topic)),
      lastRoute: undefined,
      hasResult: false,
      handled: 0,
      emitted: 0,
    }
  })
  for (const processor of processors) byName.set(processor.name, processor)
  let count = 0
  const edge = (from: string | undefined, to: string, { policy, lanes }: Pick<SimulatedEdge, 'policy' | 'lanes'>) => {
    const receiver = byName.get(to)!
    const copier = from === undefined ? createCopier('handler', losses.of(`input of "${to}"`)) : createCopier('copy')
    return withReceiver({ index: count++, from, to, receiver, policy, copier, lanes, alone: NONE })
  }
  const specs = new Map(graph.processors.map((spec) => [spec.name, spec]))
  const lanesOf = openLanes()
  for (const stream of graph.streams) {
    const policy = heldPolicyOf(graph, specs.get(stream.to)!, stream)
    edges.push(edge(stream.from, stream.to, { policy, lanes: lanesOf(stream) }))
  }
  const inputTo = (spec: GraphProcessor) => {
    return edge(undefined, spec.name, { policy: heldPolicyOf(graph, spec), lanes: new Map() })
  }
  return {
    processors,
    streams: edges,
    inputs: new Map(graph.processors.map((spec) => [spec.name, inputTo(spec)])),
  }
}

/** Returns the lanes of a stream: one set for each channel and receiver. */
function openLanes(): (stream: GraphStream) => Lanes {
  const known = new Map<string, Lanes>()
  return ({ channel, to }) => {
    const name = `${channel} ${to}`
    const lanes: Lanes = known.get(name) ?? new Map()
    known.set(name, lanes)
    return lanes
  }
}

/** A placeholder while an edge is made: an edge built by spreading would have a different hidden class. */
const NONE = undefined as unknown as Receivers

function withReceiver(edge: SimulatedEdge & { alone: Receivers }): SimulatedEdge {
  edge.alone = { edge, next: undefined, count: 1 }
  return edge
}

/** Adds the sending span to messages: they are not visible before their emitter is done. */
function traced(accept: InvocationHost['accept']): InvocationHost['accept'] {
  return (invocation, topic, data, key, traceparent) => {
    const acceptance = accept(invocation, topic, data, key)
    const sent = invocation.laterEmits?.at(-1) ?? invocation.firstEmit
    if (sent !== undefined && traceparent !== undefined) sent.traceparent = traceparent
    return acceptance
  }
}

/**
 * Makes the function that accepts invokes. Each makes a new message over an edge that is no stream, whatever is in
 * flight.
 */
function invoker(
  { graph, createCopier, invoke }: NetworkParts,
  processors: ReadonlyMap<string, SimulatedProcessor>,
): Invoke {
  const edges = new Map<string, SimulatedEdge>()
  const edgeTo = (from: string, to: string) => {
    const receiver = processors.get(to)
    if (receiver === undefined) throw absentRefusal(to)
    const name = `${from}--${to}`
    let edge = edges.get(name)
    if (edge === undefined) {
      const index = graph.streams.length + graph.processors.length + edges.size
      const copier = createCopier('copy')
      edge = withReceiver({
        index,
        from,
        to,
        invoked: true,
        receiver,
        policy: ONCE,
        copier,
        lanes: NO_LANES,
        alone: NONE,
      })
      edges.set(name, edge)
    }
    return edge
  }
  return (invocation, name, data) => {
    const edge = edgeTo(invocation.processor, name)
    const parts = { edge, data: copyForInvoke(name, 'data', data), hopLimit: graph.hopLimit }
    const { id, traceparent, ...message } = invokedMessage(invocation, parts)
    const invoked = new SimulatedMessage({ ...message, id, receivers: edge.alone })
    if (traceparent !== undefined) invoked.traceparent = traceparent
    return invoke(invocation, invoked)
  }
}

/** Returns the limits of a stream's carrier, as in a deployed topology. */
function limitsOf({ carriers }: Graph, stream: GraphStream) {
  const rules = carriers[stream.via]
  return { messageBytes: rules.limits.messageBytes, orderedByKey: keepsOrder(rules, stream) }
}

/** An invoked message is not retried: its invoker receives the failure. */
const ONCE: HeldPolicy = { retries: 0, backoff: { firstMs: 0, factor: 1, maxMs: 0, jitter: false } }
const NO_LANES: SimulatedEdge['lanes'] = new Map()
