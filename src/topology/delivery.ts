/** What carries the messages of a stream: records of Kinesis Data Streams, or messages of an SQS queue. */
export type Via = keyof typeof VIAS

/** The settings of streams, each of which can stand at a stream, at its receiver, and at the topology; beaten in that order. */
export interface DeliverySettings extends ChannelSettings {
  /** What carries the messages. Default `kinesis`. */
  readonly via?: Via
  /** The queue keeps the order of each key (SQS only). Default false. */
  readonly fifo?: boolean
  /** The most messages that one record of the carrier holds; 1 switches packing off. Default 25. */
  readonly pack?: number
}

/** How what carries messages is made, and how it hands them over. Absent means not given, or nothing to give. */
export interface ChannelSettings {
  /** The most messages a processor is handed at once. */
  readonly batch?: number
  /** Seconds to wait for more of them. */
  readonly window?: number
  /** Hours that messages are kept for. */
  readonly retention?: number
  /** How often what was never answered (a crash, a timeout) is handed over again; -1 is without limit. */
  readonly maximumRetryAttempts?: number
  /** Seconds after which it is not (Kinesis only). */
  readonly maximumRecordAge?: number
  /** Halve a batch that was never answered (Kinesis only). */
  readonly bisect?: boolean
  /** Batches of one shard that are handled at once (Kinesis only). */
  readonly parallelization?: number
  /** Where to begin in a stream that was there before: `TRIM_HORIZON`, `LATEST`, or a time in RFC 3339 (Kinesis only). */
  readonly startingPosition?: string
  /** How many shards the stream has; absent is on-demand (Kinesis only). */
  readonly shards?: number
  /** The most batches that are handled at once (SQS only). */
  readonly maximumConcurrency?: number
  /** Pollers that are paid for whether there are messages or not (SQS only). */
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number }
  /** Count what is polled, filtered and delivered, at a price. */
  readonly metrics?: boolean
  /** Hand over only messages (as they travel: CloudEvents) that match one of these patterns; the rest is lost. */
  readonly filters?: readonly object[]
}

/** What one carrier allows, as data: nothing asks for its name. */
export interface ViaRules {
  /** The largest record: a message with its metadata as it travels, and what the carrier counts besides. */
  readonly messageBytes: number
  /** Whether messages of one key arrive in the order in which they were sent, with and without `fifo`. */
  readonly orderedByKey: { readonly plain: boolean; readonly fifo: boolean }
  /** Settings that only this carrier has. */
  readonly own: readonly (keyof DeliverySettings)[]
  /** What holds where nothing is said. */
  readonly defaults: ChannelSettings
  /** The least and the most of settings that carriers share. */
  readonly ranges: Readonly<Partial<Record<keyof ChannelSettings, readonly [least: number, most: number]>>>
  /**
   * The most records of one batch. Source: Lambda's parameters for Amazon SQS event source mappings (10 of a FIFO queue,
   * and without a window), and for Kinesis; read 2026-11-21.
   */
  readonly mostRecords: { readonly plain: number; readonly withoutWindow: number; readonly fifo: number }
  /** How many receivers may share one: a queue gives each of its messages to one of them only. */
  readonly mostReceivers: number
}

/** Every setting of streams, by name. */
export const DELIVERY_SETTINGS = [
  ...(['via', 'fifo', 'pack', 'batch', 'window', 'retention', 'maximumRetryAttempts', 'maximumRecordAge'] as const),
  ...(['bisect', 'parallelization', 'startingPosition', 'shards', 'maximumConcurrency'] as const),
  ...(['provisionedPollers', 'metrics', 'filters'] as const),
] as const satisfies readonly (keyof DeliverySettings)[]

/** What holds of every carrier where nothing is said. */
export const DELIVERY_DEFAULTS = Object.freeze({
  via: 'kinesis',
  fifo: false,
  pack: 25,
  batch: 100,
  window: 0,
} as const)

/**
 * Every carrier. Sources, read 2026-11-21: Kinesis Data Streams quotas (1 MiB a record with its partition key; retention
 * 24 to 8,760 hours); Amazon SQS message quotas (1,048,576 bytes a message since August 2025, before that 262,144;
 * retention to 14 days); Lambda's parameters for Kinesis and for Amazon SQS event source mappings.
 */
export const VIAS = Object.freeze({
  kinesis: {
    messageBytes: 1_048_576,
    orderedByKey: { plain: true, fifo: true },
    own: ['maximumRecordAge', 'bisect', 'parallelization', 'startingPosition', 'shards'],
    defaults: {
      window: 0,
      retention: 24,
      maximumRetryAttempts: -1,
      maximumRecordAge: 3600,
      bisect: true,
      parallelization: 1,
      metrics: false,
    },
    ranges: { retention: [24, 8760], maximumRetryAttempts: [-1, 10_000] },
    mostRecords: { plain: 10_000, withoutWindow: 10_000, fifo: 10_000 },
    mostReceivers: Number.POSITIVE_INFINITY,
  },
  sqs: {
    messageBytes: 1_048_576,
    orderedByKey: { plain: false, fifo: true },
    own: ['fifo', 'maximumConcurrency', 'provisionedPollers'],
    defaults: { window: 0, retention: 96, maximumRetryAttempts: 4, metrics: false },
    ranges: { retention: [1, 336], maximumRetryAttempts: [0, 999] },
    mostRecords: { plain: 10_000, withoutWindow: 10, fifo: 10 },
    mostReceivers: 1,
  },
} as const satisfies Readonly<Record<string, ViaRules>>)

/** The names of all carriers. */
export const VIA_NAMES = Object.keys(VIAS) as readonly Via[]

/** What `via` allows. */
export function rulesOf(via: Via): ViaRules {
  return VIAS[via]
}
