import type { CarrierTable } from '../topology/carrier-rules.ts'
import type { Channel } from '../topology/channels.ts'
import type { Via } from '../topology/delivery.ts'
import type { DeploymentSettings, Environment } from '../topology/deployment.ts'
import type { Errors, Idempotence } from '../topology/recording.ts'
import type { TopologySource } from '../topology/source.ts'
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
  /** How events come in from outside; absent without any. */
  readonly sources?: readonly TopologySource[]
  /** What carries them, in the order of their first streams. */
  readonly channels: readonly GraphChannel[]
  /** What the carriers of its channels allow. */
  readonly carriers: CarrierTable
  /** Days that logs are kept. */
  readonly logRetention: number
  /** Tags of all resources. The tags of a processor include these. */
  readonly tags: Readonly<Record<string, string>>
  /** Where error records are kept. */
  readonly errors: Errors
}

/** What carries the messages of one or several streams, with all that is not said filled in. */
export type GraphChannel = Channel

/** How often and after what waits a failed message is tried again. */
export interface RetryPolicy {
  readonly retries: number
  readonly backoff: Backoff
}

/** A processor; its retry policy holds for messages that come over no stream (inputs). */
export interface GraphProcessor extends RetryPolicy, Deployment {
  readonly name: string
  /** `module`: its code is a separate file; `inline`: it is part of the topology's module. */
  readonly source: 'module' | 'inline' | 'receiver'
  /** Named by its place in a list, since its function has no name. */
  readonly namedByIndex: boolean
  readonly timeoutMs: number
  readonly callback: boolean
  /** The processors that it may call by `context.invoke`. */
  readonly invokes: readonly string[]
  /** Handled messages are remembered, and not handled again; absent: they are not. */
  readonly idempotent?: Idempotence
  /** Whether the data of each event is logged. */
  readonly logEvents: boolean
  /** Whether messages may wait for a retry in a separate queue. */
  readonly retryQueue: boolean
  /** Its handler may use `context.state`; absent: it may not. */
  readonly state?: true
}

/** What a processor runs with when it is deployed: what it and the topology say, and defaults. */
export interface Deployment
  extends Required<Omit<DeploymentSettings, 'role' | 'vpc'>>,
    Pick<DeploymentSettings, 'role' | 'vpc'> {
  /** Sorted by name. */
  readonly environment: Environment
  /** How many of it may run at once, set aside for it alone; absent: it shares with all else in the account. */
  readonly concurrency?: number
}

/** An edge with its retry policy: stream overrides processor, and processor overrides topology. */
export interface GraphStream extends RetryPolicy {
  readonly from: string
  readonly to: string
  /** Absent means every topic. Sorted, without repeats, never empty. */
  readonly topics?: readonly string[]
  readonly via: Via
  /** What carries it keeps the order of each key, though `via` alone does not. */
  readonly fifo: boolean
  /** The most messages that share a record; 1 is one each. */
  readonly pack: number
  /** The name of what carries it: one of `graph.channels`. */
  readonly channel: string
}

/**
 * Where the emits of one processor go: indexes into `graph.streams`, ascending.
 * `{ all: [0], byTopic: { text: [1, 4] } }`: topic `text` goes over 0, 1 and 4, any other over 0.
 */
export interface RoutingTable {
  readonly all: readonly number[]
  readonly byTopic: Readonly<Record<string, readonly number[]>>
}
