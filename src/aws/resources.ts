import type { GraphProcessor } from '../graph/graph.ts'
import type { JsonObject, Resource } from '../graph/resource.ts'
import { functionName, type Scope } from './names.ts'

/** What is wanted of a Kinesis stream. */
export type StreamConfig = {
  /** How many shards; absent is on-demand. */
  readonly shards?: number
  readonly retentionHours: number
  readonly tags: JsonObject
}

/** What is wanted of an SQS queue. */
export type QueueConfig = {
  readonly fifo: boolean
  readonly visibilitySeconds: number
  readonly retentionSeconds: number
  /** Where a message goes after it was received so many times; absent is nowhere. */
  readonly redrive?: { readonly queue: string; readonly received: number }
  readonly tags: JsonObject
}

/** What is wanted of a DynamoDB table; it is paid for by request. */
export type TableConfig = {
  /** The attribute that an item is known by, a text. */
  readonly key: string
  /** The attribute that distinguishes items of one key, a text; absent: there is one item for each key. */
  readonly sort?: string
  /** The attribute that says when an item may go, in seconds since 1970. */
  readonly expires: string
  readonly tags: JsonObject
}

/** Actions of IAM, and the ARNs of what they may be done to. */
export interface Allowed {
  readonly actions: readonly string[]
  readonly on: readonly string[]
}

/** Returns actions of a service by their names, which white space separates. */
export function actions(service: string, names: string): readonly string[] {
  return names.split(/\s+/).map((name) => `${service}:${name}`)
}

/** What a store of error records takes: of a function that keeps them, and of whoever looks at them and replays them. */
export interface StoreAccess {
  readonly keep: Allowed
  readonly look: readonly Allowed[]
}

/** What is wanted of an event source mapping. Absent is what its source does not have, or what was not asked for. */
export type MappingConfig = {
  /** The ARN of the stream or queue. */
  readonly source: string
  /** The name of the function. */
  readonly function: string
  readonly batchRecords: number
  readonly windowSeconds: number
  readonly filters?: readonly string[]
  readonly metrics?: boolean
  readonly parallelization?: number
  readonly bisect?: boolean
  readonly retryAttempts?: number
  readonly recordAgeSeconds?: number
  /** The ARN of the queue that receives what was given up. */
  readonly onFailure?: string
  /** Where the first reading begins; absent is the start of a stream that is new, else the time of the deploy. */
  readonly startingPosition?: string
  readonly concurrency?: number
  readonly pollers?: { readonly minimum: number; readonly maximum: number }
  readonly tags: JsonObject
}

/** What is read by a mapping, and how. */
export interface MappedSource {
  /** The part of the topology that it carries, which the mapping is named after with its receiver. */
  readonly part: string
  /** The id of the stream or queue. */
  readonly from: string
  /** What else has to be there before it, beside the function. */
  readonly needs?: readonly string[]
  /** The settings that cannot be changed in place, beside what it joins. */
  readonly fixed?: readonly string[]
  readonly config: Omit<MappingConfig, 'function' | 'tags'>
}

/** The mapping that hands a processor's function what its source holds. */
export function mappingResource(
  scope: Scope,
  { name: receiver, tags }: Pick<GraphProcessor, 'name' | 'tags'>,
  { part, from, needs = [], fixed = [], config }: MappedSource,
): Resource {
  const name = `${part}/${receiver}`
  return {
    id: `mapping/${name}`,
    kind: 'mapping',
    name,
    needs: [from, `function/${receiver}`, ...needs],
    config: { ...config, function: functionName(scope, receiver), tags } satisfies MappingConfig,
    fixed: ['source', 'function', ...fixed],
    holdsData: false,
    processor: receiver,
  }
}
