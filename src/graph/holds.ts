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
 * The policy for messages of a stream, or for those that come to a processor over none. What waits in a stream of Kinesis is
 * given up at its record's age; a queue keeps it from others no longer than it may be worked at. A retry queue holds
 * anything, but what has a key would leave its order.
 */
export function heldPolicyOf(graph: Graph, processor: GraphProcessor, stream?: GraphStream): HeldPolicy {
  const { retries, backoff } = stream ?? processor
  const holds = holdsOf(graph, processor, stream)
  return { retries, backoff, ...(Object.keys(holds).length > 0 && { holds }) }
}

function holdsOf(graph: Graph, { timeoutMs, retryQueue }: GraphProcessor, stream: GraphStream | undefined): Holds {
  if (stream === undefined) return retryQueue ? {} : { inputMs: timeoutMs }
  const inPlaceMs = stream.via === 'kinesis' ? recordAgeMs(graph, stream) : timeoutMs
  if (inPlaceMs === undefined) return {}
  return { keyedMs: inPlaceMs, ...(!retryQueue && { keylessMs: inPlaceMs }) }
}

/** How long a stream's records are tried; undefined where it is not said, or nothing that would end. */
export function recordAgeMs(graph: Graph, { channel }: GraphStream): number | undefined {
  const age = indexOf(graph).channel(channel)?.settings.maximumRecordAge
  return age === undefined ? undefined : age * 1000
}

/** Milliseconds that a message waits which failed that often, without jitter, which makes it shorter. */
export function longestWaitMs(failures: number, { firstMs, factor, maxMs }: Backoff): number {
  return Math.min(maxMs, firstMs * factor ** (failures - 1))
}
