import type { Graph, GraphProcessor, GraphStream } from '../../graph/graph.ts'
import { routesFor } from '../../graph/routes.ts'
import type { BakedEar, BakedEntry, BakedProcessor, BakedStream } from './definition.ts'

/**
 * What an artifact that holds these processors knows of the graph: the same for the same processors and streams, whatever
 * else the topology holds. Routes count in streams of their own, so that a stream elsewhere moves none of them.
 */
export function bakeEntry(graph: Graph, processors: readonly string[]): BakedEntry {
  const baked = graph.processors.filter(({ name }) => processors.includes(name))
  const sent = graph.streams.filter(({ from }) => processors.includes(from))
  const heard = graph.streams.filter(({ to }) => processors.includes(to))
  const own: Graph = { ...graph, streams: sent }
  return {
    topology: graph.name,
    stage: graph.stage,
    hopLimit: graph.hopLimit,
    processors: Object.fromEntries(baked.map((processor) => [processor.name, bakeProcessor(own, processor, heard)])),
    streams: sent.map(bakeStream),
    vias: [...new Set([...sent.map(bakeStream), ...heard.map(bakeEar)].map(({ via }) => via))].sort(),
  }
}

function bakeProcessor(own: Graph, processor: GraphProcessor, heard: readonly GraphStream[]): BakedProcessor {
  const { name, timeoutMs, callback, outputs, invokes, retries, backoff } = processor
  const hears = heard.filter(({ to }) => to === name).map(bakeEar)
  return { timeoutMs, callback, outputs, invokes, retries, backoff, routes: routesFor(own, name), hears }
}

function bakeStream({ to, via, channel, pack, fifo }: GraphStream): BakedStream {
  return { to, via, channel, pack, fifo }
}

function bakeEar({ from, topics, via, channel, fifo, retries, backoff }: GraphStream): BakedEar {
  return { from, ...(topics && { topics }), via, channel, fifo, retries, backoff }
}
