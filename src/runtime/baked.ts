import type { GraphProcessor, RoutingTable } from '../graph/graph.ts'
import type { HeldPolicy } from '../graph/holds.ts'
import type { CarrierRules } from '../topology/carrier-rules.ts'
import type { StoreSettings } from './store.ts'

/**
 * A worker's part of its topology: plain data, baked into an artifact. It contains only what its processors need, so
 * that a change elsewhere does not change the artifact.
 */
export interface BakedEntry {
  readonly topology: string
  readonly stage: string
  readonly hopLimit: number
  /** By name; one of them is run by a worker. */
  readonly processors: Readonly<Record<string, BakedProcessor>>
  /** The streams that routes name: those over which these processors emit. */
  readonly streams: readonly BakedStream[]
  /** The carriers that these processors send and receive by, with what they allow; sorted by name. */
  readonly carriers: Readonly<Record<string, BakedCarrier>>
  /** The store of error records. */
  readonly errors: StoreSettings
}

/** The properties of a carrier that sending needs. */
export type BakedCarrier = Pick<CarrierRules, 'limits' | 'orderedByKey'>

/** A processor as its worker knows it; its retry policy applies to messages that come over no stream. */
export interface BakedProcessor
  extends HeldPolicy,
    Pick<GraphProcessor, 'idempotent' | 'logEvents' | 'retryQueue' | 'state'> {
  readonly timeoutMs: number
  readonly callback: boolean
  /** The carrier of its retry place; absent if it has none. */
  readonly retryVia?: string
  /** Whether emits without a subscriber are logged. */
  readonly outputs: boolean
  /** The processors that it may call by `context.invoke`. */
  readonly invokes: readonly string[]
  /** The streams of its emits: indexes into {@link BakedEntry.streams}. */
  readonly routes: RoutingTable
  /** The streams it receives from, in the order of the topology. */
  readonly hears: readonly BakedEar[]
}

/** A stream as its sender knows it. */
export interface BakedStream {
  readonly to: string
  readonly via: string
  readonly channel: string
  /** The most messages that share a record. */
  readonly pack: number
  readonly fifo: boolean
}

/**
 * A stream as its receiver knows it. A message of its channel that matches none of these belongs to another processor.
 */
export interface BakedEar extends HeldPolicy {
  readonly from: string
  /** Absent: every topic. */
  readonly topics?: readonly string[]
  readonly via: string
  readonly channel: string
  readonly fifo: boolean
}
