/** The carriers that a stream can name: every carrier's folder adds its own name. */
// biome-ignore lint/suspicious/noEmptyInterface: carriers extend it.
export interface Vias {}

/** The name of what carries the messages of a stream. */
export type Via = Extract<keyof Vias, string>

/** The settings of streams, each of which can stand at a stream, at its receiver, and at the topology; the first of these counts. */
export interface DeliverySettings extends ChannelSettings {
  /** What carries the messages. Default `kinesis`. */
  readonly via?: Via
  /** Keep the order of each key, where the carrier does that only if asked. Default false. */
  readonly fifo?: boolean
  /** The most messages that one record of the carrier holds; 1 switches packing off. Default 25. */
  readonly pack?: number
}

/**
 * How what carries messages is made, and how it hands them over. Absent means not given, or nothing to give. Every
 * carrier's folder adds the settings that only it has.
 */
export interface ChannelSettings {
  /** The most messages a processor is handed at once. */
  readonly batch?: number
  /** Seconds to wait for more of them. */
  readonly window?: number
  /** Hours that messages are kept for. */
  readonly retention?: number
  /** How often what was never answered (a crash, a timeout) is handed over again; -1 is without limit. */
  readonly maximumRetryAttempts?: number
  /** Count what is polled, filtered and delivered, at a price. */
  readonly metrics?: boolean
  /** Hand over only messages (as they travel: CloudEvents) that match one of these patterns; the rest is lost. */
  readonly filters?: readonly object[]
}

/** What holds of every carrier where nothing is said. */
export const DELIVERY_DEFAULTS = Object.freeze({ fifo: false, pack: 25, batch: 100, window: 0 } as const)
