import type { JsonObject } from '../graph/resource.ts'

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
  /** The ARN of the queue that is told of what was given up. */
  readonly onFailure?: string
  /** Where the first reading begins; absent is the start of a stream that is new, else the time of the deploy. */
  readonly startingPosition?: string
  readonly concurrency?: number
  readonly pollers?: { readonly minimum: number; readonly maximum: number }
  readonly tags: JsonObject
}
