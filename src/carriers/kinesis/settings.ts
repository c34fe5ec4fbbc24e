/** Settings of streams that only Kinesis has. */
export interface KinesisSettings {
  /** How old a batch without an answer may get, in seconds; then it is not delivered again (Kinesis only). Default 3600. */
  readonly maximumRecordAge?: number
  /** Halves a batch without an answer (Kinesis only). Default true. */
  readonly bisect?: boolean
  /** How many batches of one shard are handled at once (Kinesis only). Default 1. */
  readonly parallelization?: number
  /** Where to start in an existing stream: `TRIM_HORIZON`, `LATEST`, or a time in RFC 3339 (Kinesis only). */
  readonly startingPosition?: string
  /** How many shards the stream has. Without it, the stream is on-demand (Kinesis only). */
  readonly shards?: number
}

declare module '../../topology/delivery.ts' {
  interface Vias {
    readonly kinesis: KinesisSettings
  }
  interface ChannelSettings extends KinesisSettings {}
}
