import type { Backoff } from '../topology/topology.ts'

/** The one form that simulation and deployment work on: plain data, defaults filled in, everything in a stable order. */
export interface Graph {
  readonly name: string
  readonly stage: string
  readonly hopLimit: number
  /** In the order of the topology. */
  readonly processors: readonly GraphProcessor[]
  /** In the order of the topology. */
  readonly streams: readonly GraphStream[]
}

/** How often and after what waits a failed message is tried again. */
export interface RetryPolicy {
  readonly retries: number
  readonly backoff: Backoff
}

/** A processor; its retry policy holds for messages that come over no stream (inputs). */
export interface GraphProcessor extends RetryPolicy {
  readonly name: string
  readonly timeoutMs: number
  readonly callback: boolean
}

/** An edge; its retry policy is what stream, processor and topology say together: stream beats processor beats topology. */
export interface GraphStream extends RetryPolicy {
  readonly from: string
  readonly to: string
  /** Absent means every topic. Sorted, without repeats, never empty. */
  readonly topics?: readonly string[]
}

/**
 * Where the emits of one processor go: indexes into `graph.streams`, ascending.
 * `{ all: [0], byTopic: { text: [1, 4] } }`: topic `text` goes over 0, 1 and 4, any other over 0.
 */
export interface RoutingTable {
  readonly all: readonly number[]
  readonly byTopic: Readonly<Record<string, readonly number[]>>
}
