import type { DeliverySettings } from './delivery.ts'
import type { DeploymentSettings, Environment } from './deployment.ts'
import type { ExportedHandler } from './exported.ts'
import type { Errors, Idempotence, RecordingSettings } from './recording.ts'
import type { StandardSchema } from './schema.ts'
import type { TopologySource } from './source.ts'

/** The waits before a failed message is retried: `firstMs`, then `factor` times longer each time, at most `maxMs`. */
export interface Backoff {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
  /** Makes each wait between half and all of its length. The id of the message decides. */
  readonly jitter: boolean
}

/** Where a processor's handler comes from. */
export type HandlerSource =
  /** A module, relative to the topology's folder, as the user wrote it: its `handler` or default export. */
  | { readonly kind: 'module'; readonly path: string }
  /** A function in the topology's own module; `self` is `this` for methods of an instance. */
  | ({ readonly kind: 'inline' } & ExportedHandler)
  /** A receiver: one of attak's own (`attak/receivers/log`), a path as above, or a package. Its properties are JSON. */
  | { readonly kind: 'receiver'; readonly module: string; readonly properties: Readonly<Record<string, unknown>> }

/** {@link RecordingSettings} in normal form. */
export interface Recording extends Omit<RecordingSettings, 'idempotent'> {
  /** False overrides the topology. */
  readonly idempotent?: Idempotence | false
}

/** A processor in normal form. A setting that was not given is absent. */
export interface TopologyProcessor extends DeploymentSettings, DeliverySettings, Recording {
  readonly name: string
  readonly source: HandlerSource
  /** True if its name is its index in a list, because its function has no name. */
  readonly namedByIndex: boolean
  /** True if it was found in a folder of processors. */
  readonly inFolder?: true
  readonly input?: StandardSchema
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
  readonly timeoutMs?: number
  readonly callback?: boolean
  /** The processors that it may call with `context.invoke`. */
  readonly invokes?: readonly string[]
  readonly environment?: Environment
  /** How many of its functions may run at once, reserved for it. */
  readonly concurrency?: number
}

/** A stream in normal form. Without `topics` it carries every topic. */
export interface TopologyStream extends DeliverySettings {
  readonly from: string
  readonly to: string
  /** The name of its channel. Streams with the same name share a channel. */
  readonly stream?: string
  readonly topics?: readonly string[]
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
}

/** A topology in normal form, as `parseTopology` returns it. Names are valid, and streams name existing processors. */
export interface Topology extends DeploymentSettings, DeliverySettings, Recording {
  readonly name: string
  readonly processors: readonly TopologyProcessor[]
  readonly streams: readonly TopologyStream[]
  /** How events come in from outside; absent without any. */
  readonly sources?: readonly TopologySource[]
  /** As the user wrote it: a path, `{ processor: event }`, a list, or a function that returns an (async) iterable. */
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

/** One event for one processor, as in input files. */
export interface InputEvent {
  readonly to: string
  readonly event: unknown
  readonly key?: string
  readonly topic?: string
}
