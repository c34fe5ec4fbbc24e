import { fieldsOf } from './text.ts'

/**
 * The place of a record: for logs and error records, and to read it again while its carrier retains it.
 * `{ carrier: 'kinesis', channel: 'orders--dev--bill', ref: 'shardId-000000000003/4965…' }`
 */
export interface Position {
  /** The carrier; absent if there was none, in lines of logs, and in error records of older versions. */
  readonly carrier?: string
  /** The platform's name of the channel; `invoke` for a direct event. */
  readonly channel: string
  /** The carrier's reference to the record within its channel: `<shard>/<sequence>`, `<message id>`. */
  readonly ref: string
}

/** Returns a position as people see it, and as ids are made of it: `orders--dev--bill/shardId-000000000003/4965…`. */
export function positionText({ channel, ref }: Position): string {
  return ref === '' ? channel : `${channel}/${ref}`
}

/** Parses a position, or its text, which does not contain the carrier; undefined for anything else. */
export function positionIn(value: unknown): Position | undefined {
  if (typeof value === 'string') {
    const [channel = '', ...ref] = value.split('/')
    return { channel, ref: ref.join('/') }
  }
  const { carrier, channel, ref } = fieldsOf(value) ?? {}
  if (typeof channel !== 'string' || typeof ref !== 'string') return undefined
  if (carrier === undefined) return { channel, ref }
  return typeof carrier === 'string' ? { carrier, channel, ref } : undefined
}
