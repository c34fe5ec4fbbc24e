import { fieldsOf } from './text.ts'

/**
 * Where a record stood: for logs and error records, and to read it again where its carrier keeps it.
 * `{ carrier: 'kinesis', channel: 'orders--dev--bill', ref: 'shardId-000000000003/4965…' }`
 */
export interface Position {
  /** The carrier; absent if there was none, in lines of logs, and in error records of older versions. */
  readonly carrier?: string
  /** What the platform calls the channel; `invoke` for an event that came directly. */
  readonly channel: string
  /** What the carrier knows the record by within its channel: `<shard>/<sequence>`, `<message id>`. */
  readonly ref: string
}

/** Returns a position as people see it, and as ids are made of it: `orders--dev--bill/shardId-000000000003/4965…`. */
export function positionText({ channel, ref }: Position): string {
  return ref === '' ? channel : `${channel}/${ref}`
}

/** Reads a position, or the text of one, which does not say the carrier; undefined for anything else. */
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
