import type { Graph, GraphProcessor, GraphStream } from '../../graph/graph.ts'
import { heldPolicyOf } from '../../graph/holds.ts'
import { routesFor } from '../../graph/routes.ts'
import type { Via } from '../../topology/delivery.ts'
import type { Errors } from '../../topology/recording.ts'
import type { BakedEar, BakedEntry, BakedErrors, BakedProcessor, BakedStream } from './definition.ts'

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
    vias: [...new Set([...sent, ...heard].map(({ via }) => via).concat(baked.flatMap(retryVia)))].sort(),
    errors: bakeErrors(graph.errors),
  }
}

/** Retry queues are of SQS, whatever streams go over. */
function retryVia({ retryQueue }: GraphProcessor): Via[] {
  return retryQueue ? ['sqs'] : []
}

function bakeProcessor(own: Graph, processor: GraphProcessor, heard: readonly GraphStream[]): BakedProcessor {
  const { name, timeoutMs, callback, outputs, invokes, idempotent, logEvents, retryQueue } = processor
  const hears = heard.filter(({ to }) => to === name).map((stream) => bakeEar(own, processor, stream))
  return {
    ...{ timeoutMs, callback, outputs, invokes, ...heldPolicyOf(own, processor) },
    ...(idempotent && { idempotent }),
    ...{ logEvents, retryQueue },
    ...{ routes: routesFor(own, name), hears },
  }
}

function bakeErrors(errors: Errors): BakedErrors {
  if (errors.store !== 'sqs') return errors
  return { store: 'sqs', ...(errors.queue !== undefined && { queue: errors.queue }) }
}

function bakeStream({ to, via, channel, pack, fifo }: GraphStream): BakedStream {
  return { to, via, channel, pack, fifo }
}

function bakeEar(graph: Graph, processor: GraphProcessor, stream: GraphStream): BakedEar {
  const { from, topics, via, channel, fifo } = stream
  return { from, ...(topics && { topics }), via, channel, fifo, ...heldPolicyOf(graph, processor, stream) }
}
