/** How failures and repeated deliveries are handled, and what is kept between messages. Set on a processor, or on the topology for all processors. */
export interface RecordingSettings {
  /**
   * Remembers which messages were handled, and skips those that are delivered again. `{ ttl }` sets for how many hours; `true`
   * means 24 hours. Default false.
   */
  readonly idempotent?: IdempotentDefinition
  /** Logs the data of each handled event. Default false: logs have only ids. */
  readonly logEvents?: boolean
  /**
   * Makes a queue in which messages wait for their next attempt, so that they do not hold up others. Default: true if
   * `retries` is above 0. Set it for a handler that throws `Retry` without `retries`.
   */
  readonly retryQueue?: boolean
  /** Lets the handler keep values between messages: `context.state`. Default false. */
  readonly state?: boolean
}

/** Whether handled messages are remembered, and for how many hours: `true`, or `{ ttl: 48 }`. */
export type IdempotentDefinition = boolean | { readonly ttl?: number }

/** How long the ids of handled messages are remembered. */
export interface Idempotence {
  readonly ttlHours: number
}

/**
 * Where error records are kept. `'sqs'` is the queue of the topology, which is the default. `'dynamodb'` is a table that attak
 * makes. An object can set `retention` in hours, the ARN of an existing `queue`, or an existing `bucket` with a `prefix`.
 */
export type ErrorsDefinition =
  | 'sqs'
  | 'dynamodb'
  | { readonly store?: 'sqs'; readonly retention?: number }
  | { readonly store?: 'sqs'; readonly queue: string }
  | { readonly store: 'dynamodb'; readonly retention?: number }
  | { readonly store: 's3'; readonly bucket: string; readonly prefix?: string }

/** Where error records are kept, in normal form. */
export type Errors =
  /** In the queue of the topology, or in an existing queue with this ARN, which attak does not change. */
  | { readonly store: 'sqs'; readonly queue?: string; readonly retentionHours: number }
  /** In a table that attak makes. */
  | { readonly store: 'dynamodb'; readonly retentionHours: number }
  /** In an existing bucket, below a prefix that is empty or ends in `/`. */
  | { readonly store: 's3'; readonly bucket: string; readonly prefix: string }

/** The kind of store of error records. */
export type ErrorsStore = Errors['store']

/**
 * The defaults, in hours. A queue keeps records for a night on call. A table is for records that stay longer than the 14 days
 * of a queue, so its default is 14 days. Handled ids are kept for as long as a stream keeps its records by default, because an
 * expired record is not delivered again.
 */
export const RECORDING_DEFAULTS = Object.freeze({
  retention: Object.freeze({ sqs: 24, dynamodb: 336 }),
  ttl: 24,
})
