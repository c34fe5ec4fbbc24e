import { type Position, positionText } from '../position.ts'

/** What a warm function remembers of records that may be redelivered. */
export interface RecordProgress {
  /** Places of its messages that need no more handling. */
  readonly done: ReadonlySet<number>
  /** By place, what came of those that were tried and did not end. */
  readonly tries: ReadonlyMap<number, Tries>
  /** It was cut short by the end of an invocation that it shared: next time it gets one to itself. */
  readonly late: boolean
}

/** The state of a message's attempts that its record does not contain. */
export interface Tries {
  /** The number of the next attempt. */
  readonly attempt: number
  /** How many attempts ended by `Retry`. */
  readonly asked: number
  /** Not before this time, in milliseconds of the host's clock. */
  readonly dueMs: number
}

/**
 * What a warm function remembers from one invocation to the next, where possible. The platform may deliver the same
 * record to another instance, which then handles all of it again. So this saves work, but no guarantee depends on it.
 */
export interface DeliveryProgress {
  /** By the text of the position of records; those longest not remembered are forgotten first. */
  readonly records: Map<string, RecordProgress>
  /** About how long a slow message of this processor takes, in milliseconds. */
  slowMs: number
}

/** Remembers nothing yet. */
export function createProgress(): DeliveryProgress {
  return { records: new Map(), slowMs: 0 }
}

/** Remembers a record, and replaces its earlier state. */
export function remember({ records }: DeliveryProgress, at: Position, known: RecordProgress): void {
  const position = positionText(at)
  records.delete(position)
  records.set(position, known)
  const [oldest] = records.size > MOST_RECORDS ? records.keys() : []
  if (oldest !== undefined) records.delete(oldest)
}

/** More than one invocation is ever given. */
const MOST_RECORDS = 10_000

/** Learns how long a message took; one slow message is forgotten over the next hundred. */
export function noteDuration(progress: DeliveryProgress, tookMs: number): void {
  progress.slowMs = Math.max(tookMs, progress.slowMs * 0.97)
}
