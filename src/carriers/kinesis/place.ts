import type { Position } from '../../runtime/position.ts'

/** A record's place in its stream. */
export interface ShardPlace {
  readonly shard: string
  readonly sequence: string
}

/** Reads where a record is in its stream; undefined for the position of a record that no stream can have. */
export function shardPlaceOf({ channel, ref }: Pick<Position, 'channel' | 'ref'>): ShardPlace | undefined {
  const [, shard = '', sequence = ''] = IN_STREAM.exec(ref) ?? []
  return sequence === '' || !STREAM.test(channel) ? undefined : { shard, sequence }
}

/** Source: Kinesis API reference, GetShardIterator and Record, read 2026-11-28. Emulators begin numbers with zeros. */
const STREAM = /^[\w.-]{1,128}$/
const IN_STREAM = /^([\w.-]{1,128})\/(\d{1,129})$/
