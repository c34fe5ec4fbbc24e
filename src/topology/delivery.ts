/** The carriers that a stream can name. The folder of each carrier adds its name. */
// biome-ignore lint/suspicious/noEmptyInterface: carriers extend it.
export interface Vias {}

/** The name of a carrier. */
export type Via = Extract<keyof Vias, string>

/** How messages are carried. Stream overrides receiver, and receiver overrides topology. */
export interface DeliverySettings extends ChannelSettings {
  /** The carrier of the messages. Default `kinesis`. */
  readonly via?: Via
  /** Keeps the order of each key in an SQS queue. Default false. */
  readonly fifo?: boolean
  /** The largest number of messages in one record; 1 puts each message in its own record. Default 25. */
  readonly pack?: number
}

/**
 * How a channel is made, and how it delivers messages. A setting that was not given is absent. The folder of each carrier adds
 * the settings that only it has.
 */
export interface ChannelSettings {
  /** The largest number of messages that a processor receives at once. Default 100. */
  readonly batch?: number
  /** Seconds that the platform waits to fill a batch. Default 0. */
  readonly window?: number
  /** Hours that messages are kept. Default 24 for Kinesis, 96 for SQS. */
  readonly retention?: number
  /** How often a batch without an answer (a crash, a timeout) is delivered again; -1 is without limit. */
  readonly maximumRetryAttempts?: number
  /** Counts what the platform polls, filters and delivers. This costs money. Default false. */
  readonly metrics?: boolean
  /** Delivers only messages that match one of these patterns, as CloudEvents. All other messages are lost. */
  readonly filters?: readonly object[]
}

/** The defaults for every carrier. */
export const DELIVERY_DEFAULTS = Object.freeze({ fifo: false, pack: 25, batch: 100, window: 0 } as const)
