/** What becomes of failures and redeliveries; each can stand at a processor and, for all of them, at the topology. */
export interface RecordingSettings {
  /**
   * Remember which messages were handled, and skip those that come again; `{ ttl }` says for how many hours. Default
   * false; with `true` 24 hours.
   */
  readonly idempotent?: IdempotentDefinition
  /** Log the data of each event that is handled, too. Default false: logs hold ids alone. */
  readonly logEvents?: boolean
  /**
   * A queue where messages wait for their next try, so that they hold up nobody. Default: where `retries` is above 0.
   * Say `true` for a handler that throws `Retry` without it.
   */
  readonly retryQueue?: boolean
}

/** Whether handled messages are remembered, and for how many hours: `true`, or `{ ttl: 48 }`. */
export type IdempotentDefinition = boolean | { readonly ttl?: number }

/** How long the ids of handled messages are remembered. */
export interface Idempotence {
  readonly ttlHours: number
}

/**
 * Where error records are kept. `'sqs'`: the topology's own queue, as without the setting; `'dynamodb'`: a table that is
 * made. As an object it says more: `retention` in hours, a `queue` of one's own by its ARN, or a `bucket` of one's own
 * with the folder in it.
 */
export type ErrorsDefinition =
  | 'sqs'
  | 'dynamodb'
  | { readonly store?: 'sqs'; readonly retention?: number }
  | { readonly store?: 'sqs'; readonly queue: string }
  | { readonly store: 'dynamodb'; readonly retention?: number }
  | { readonly store: 's3'; readonly bucket: string; readonly prefix?: string }

/** Where error records are kept, in the one form that every spelling becomes. */
export type Errors =
  /** In the topology's own queue, or in the one of this ARN, which is somebody else's: not made and not changed. */
  | { readonly store: 'sqs'; readonly queue?: string; readonly retentionHours: number }
  /** In a table that is made. */
  | { readonly store: 'dynamodb'; readonly retentionHours: number }
  /** In a bucket that is there already, under a prefix that is empty or ends in `/`. */
  | { readonly store: 's3'; readonly bucket: string; readonly prefix: string }

/** What keeps error records. */
export type ErrorsStore = Errors['store']

/**
 * What holds where nothing is said, in hours. A queue is for a night on call; whoever takes a table wants to keep records
 * longer than the 14 days that a queue can, or look them up, so it begins there. Handled ids are kept for as long as a
 * stream keeps its records by default: what has expired is not delivered again.
 */
export const RECORDING_DEFAULTS = Object.freeze({
  retention: Object.freeze({ sqs: 24, dynamodb: 336 }),
  ttl: 24,
})
