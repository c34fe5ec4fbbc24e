import type { Graph, GraphProcessor, GraphStream } from '../graph/graph.ts'
import { heldPolicyOf } from '../graph/holds.ts'
import { retryViaOf } from '../graph/retry-via.ts'
import { routesFor } from '../graph/routes.ts'
import type { BakedCarrier, BakedEar, BakedEntry, BakedProcessor, BakedStream } from '../runtime/baked.ts'
import type { StoreSettings } from '../runtime/store.ts'
import type { CarrierRules } from '../topology/carrier-rules.ts'
import type { Errors } from '../topology/recording.ts'

/**
 * Returns what an artifact with these processors contains of the graph. It depends only on these processors and their
 * streams. Routes are indexes into the artifact's own streams, so that a new stream elsewhere changes none of them.
 */
export function bakeEntry(graph: Graph, processors: readonly string[]): BakedEntry {
  const baked = graph.processors.filter(({ name }) => processors.includes(name))
  const sent = graph.streams.filter(({ from }) => processors.includes(from))
  const heard = graph.streams.filter(({ to }) => processors.includes(to))
  const own: Graph = { ...graph, streams: sent }
  const retried = baked.filter(({ retryQueue }) => retryQueue).map(({ name }) => retryViaOf(graph, name))
  const vias = [...new Set([...[...sent, ...heard].map(({ via }) => via), ...retried])].sort()
  return {
    topology: graph.name,
    stage: graph.stage,
    hopLimit: graph.hopLimit,
    processors: Object.fromEntries(
      baked.map((processor) => [processor.name, bakeProcessor(own, processor, heard, vias)]),
    ),
    streams: sent.map(bakeStream),
    carriers: Object.fromEntries(vias.map((via) => [via, bakeCarrier(graph.carriers[via])])),
    errors: bakeErrors(graph.errors),
  }
}

function bakeCarrier({ limits, orderedByKey }: CarrierRules): BakedCarrier {
  return { limits, orderedByKey }
}

function bakeProcessor(
  own: Graph,
  processor: GraphProcessor,
  heard: readonly GraphStream[],
  vias: readonly string[],
): BakedProcessor {
  const retryVia = retryViaOf({ ...own, streams: heard }, processor.name)
  const { name, timeoutMs, callback, outputs, invokes, idempotent, logEvents, retryQueue, state } = processor
  const hears = heard.filter(({ to }) => to === name).map((stream) => bakeEar(own, processor, stream))
  return {
    ...{ timeoutMs, callback, outputs, invokes, ...heldPolicyOf(own, processor) },
    ...(idempotent && { idempotent }),
    ...(state && { state }),
    ...{ logEvents, retryQueue },
    ...(vias.includes(retryVia) && { retryVia }),
    ...{ routes: routesFor(own, name), hears },
  }
}

function bakeErrors(errors: Errors): StoreSettings {
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
