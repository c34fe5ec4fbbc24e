import type { Backoff, Topology, TopologyProcessor, TopologyStream } from '../topology/topology.ts'
import type { Graph, GraphProcessor, GraphStream, RetryPolicy } from './graph.ts'

/** What holds where a topology says nothing. */
export const DEFAULTS = Object.freeze({
  retries: 0,
  backoff: Object.freeze({ firstMs: 1000, factor: 2, maxMs: 60_000, jitter: true }) satisfies Backoff,
  timeoutMs: 30_000,
  hopLimit: 100,
})

/** Makes the graph of a parsed topology for one stage: defaults filled in, retry policies settled, frozen throughout. */
export function buildGraph(topology: Topology, { stage }: { readonly stage: string }): Graph {
  const byName = new Map(topology.processors.map((processor) => [processor.name, processor]))
  return Object.freeze({
    name: topology.name,
    stage,
    hopLimit: topology.hopLimit ?? DEFAULTS.hopLimit,
    processors: Object.freeze(topology.processors.map((processor) => buildProcessor(processor, topology))),
    streams: Object.freeze(topology.streams.map((stream) => buildStream(stream, byName.get(stream.to), topology))),
  })
}

function buildProcessor(processor: TopologyProcessor, topology: Topology): GraphProcessor {
  return Object.freeze({
    name: processor.name,
    timeoutMs: processor.timeoutMs ?? topology.timeoutMs ?? DEFAULTS.timeoutMs,
    callback: processor.callback ?? false,
    ...retryPolicy([processor, topology]),
  })
}

function buildStream(stream: TopologyStream, to: TopologyProcessor | undefined, topology: Topology): GraphStream {
  const topics = stream.topics && Object.freeze([...new Set(stream.topics)].sort())
  const policy = retryPolicy([stream, to ?? {}, topology])
  return Object.freeze({ from: stream.from, to: stream.to, ...(topics && { topics }), ...policy })
}

/** What the nearest of `levels` that says something says, field by field. */
function retryPolicy(levels: readonly { retries?: number; backoff?: Partial<Backoff> }[]): RetryPolicy {
  const retries = levels.find((level) => level.retries !== undefined)?.retries ?? DEFAULTS.retries
  const backoff = Object.assign({}, DEFAULTS.backoff, ...levels.map((level) => level.backoff).reverse())
  return { retries, backoff: Object.freeze(backoff) }
}
