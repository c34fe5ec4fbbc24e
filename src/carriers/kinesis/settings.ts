/** Settings of streams that only Kinesis has. */
export interface KinesisSettings {
  /** Seconds after which what was never answered is not handed over again (Kinesis only). */
  readonly maximumRecordAge?: number
  /** Halve a batch that was never answered (Kinesis only). */
  readonly bisect?: boolean
  /** Batches of one shard that are handled at once (Kinesis only). */
  readonly parallelization?: number
  /** Where to begin in a stream that was there before: `TRIM_HORIZON`, `LATEST`, or a time in RFC 3339 (Kinesis only). */
  readonly startingPosition?: string
  /** How many shards the stream has; absent is on-demand (Kinesis only). */
  readonly shards?: number
}

declare module '../../topology/delivery.ts' {
  interface Vias {
    readonly kinesis: KinesisSettings
  }
  interface ChannelSettings extends KinesisSettings {}
}
