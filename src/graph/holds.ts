import type { Backoff } from '../topology/topology.ts'
import type { Graph, GraphProcessor, GraphStream, RetryPolicy } from './graph.ts'
import { indexOf } from './index-of.ts'

/** The longest that messages can wait for their next try, in milliseconds: shorter than that. Absent: as long as it takes. */
export interface Holds {
  /** Inputs, which come over no stream: with a key or without. */
  readonly inputMs?: number
  /** Those of a stream that have a key, which wait where they are. */
  readonly keyedMs?: number
  readonly keylessMs?: number
}

/** A retry policy, and how long waits may be where it holds; absent: as long as it takes. */
export interface HeldPolicy extends RetryPolicy {
  readonly holds?: Holds
}

/**
 * The policy for messages of a stream, or for those that come to a processor over none. What waits in a channel can do so
 * as long as its carrier allows. A retry queue holds anything, but a message with a key would leave its order.
 */
export function heldPolicyOf(graph: Graph, processor: GraphProcessor, stream?: GraphStream): HeldPolicy {
  const { retries, backoff } = stream ?? processor
  const holds = holdsOf(graph, processor, stream)
  return { retries, backoff, ...(Object.keys(holds).length > 0 && { holds }) }
}

function holdsOf(graph: Graph, { timeoutMs, retryQueue }: GraphProcessor, stream: GraphStream | undefined): Holds {
  if (stream === undefined) return retryQueue ? {} : { inputMs: timeoutMs }
  const inPlaceMs = mostWaitInPlaceMs(graph, stream)
  if (inPlaceMs === undefined) return {}
  return { keyedMs: inPlaceMs, ...(!retryQueue && { keylessMs: inPlaceMs }) }
}

/** Returns how long a message can wait in a stream's channel, shorter than that; undefined: without a limit. */
export function mostWaitInPlaceMs(graph: Graph, { via, channel, to }: GraphStream): number | undefined {
  const { waitsFor } = graph.carriers[via]
  if (waitsFor === 'timeout') return indexOf(graph).processor(to)!.timeoutMs
  const seconds = indexOf(graph).channel(channel)?.settings[waitsFor] as number | undefined
  return seconds === undefined ? undefined : seconds * 1000
}

/** Milliseconds that a message waits which failed that often, without jitter, which makes it shorter. */
export function longestWaitMs(failures: number, { firstMs, factor, maxMs }: Backoff): number {
  return Math.min(maxMs, firstMs * factor ** (failures - 1))
}
