import type { DeliverySettings } from './delivery.ts'
import type { DeploymentSettings, Environment } from './deployment.ts'
import type { Handler } from './handler.ts'
import type { Errors, Idempotence, RecordingSettings } from './recording.ts'
import type { StandardSchema } from './schema.ts'

/** How long to wait before a failed message is tried again: `firstMs`, then `factor` times longer each time. */
export interface Backoff {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
  /** Draw each wait between half of it and all of it. */
  readonly jitter: boolean
}

/** Where a processor's handler comes from. */
export type HandlerSource =
  /** A module, relative to the topology's folder, as the user wrote it: its `handler` or default export. */
  | { readonly kind: 'module'; readonly path: string }
  /** A function in the topology's own module; `self` is `this` for methods of an instance. */
  | { readonly kind: 'inline'; readonly handler: Handler; readonly self?: object }

/** Settings of {@link RecordingSettings} in the one form that every spelling becomes. */
export interface Recording extends Omit<RecordingSettings, 'idempotent'> {
  /** False: not, whatever the topology says. */
  readonly idempotent?: Idempotence | false
}

/** One processor in the one form that every spelling becomes. A setting that is absent was not given. */
export interface TopologyProcessor extends DeploymentSettings, DeliverySettings, Recording {
  readonly name: string
  readonly source: HandlerSource
  /** Named by its index in an array, since its function has no name of its own. */
  readonly namedByIndex: boolean
  readonly input?: StandardSchema
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
  readonly timeoutMs?: number
  readonly callback?: boolean
  /** The processors that it may call by `context.invoke`. */
  readonly invokes?: readonly string[]
  readonly environment?: Environment
  /** How many of it may run at once, set aside for it alone. */
  readonly concurrency?: number
}

/** One edge in the one form that every spelling becomes. No `topics` means every topic. */
export interface TopologyStream extends DeliverySettings {
  readonly from: string
  readonly to: string
  /** The name of what carries it; streams that name the same one share it. */
  readonly stream?: string
  readonly topics?: readonly string[]
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
}

/** A topology as every layer behind the parser knows it. Names are checked; streams name processors that exist. */
export interface Topology extends DeploymentSettings, DeliverySettings, Recording {
  readonly name: string
  readonly processors: readonly TopologyProcessor[]
  readonly streams: readonly TopologyStream[]
  /** As the user wrote it: a path, `{ processor: event }`, a list, or a function giving an (async) iterable. */
  readonly input?: unknown
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
  readonly timeoutMs?: number
  readonly hopLimit?: number
  readonly environment?: Environment
  /** Days that logs are kept. */
  readonly logRetention?: number
  /** Where error records are kept. */
  readonly errors?: Errors
}

/** One event for one processor, as input files and `trigger` name it. */
export interface InputEvent {
  readonly to: string
  readonly event: unknown
  readonly key?: string
  readonly topic?: string
}
