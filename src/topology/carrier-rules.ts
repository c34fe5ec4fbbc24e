import type { ChannelSettings, DeliverySettings, Via } from './delivery.ts'
import type { Rules } from './rules.ts'

/** What one carrier allows, as data: no code asks for its name. */
export interface CarrierRules {
  readonly limits: CarrierLimits
  /** Whether messages of one key arrive in the order in which they were sent, with and without `fifo`. */
  readonly orderedByKey: { readonly plain: boolean; readonly fifo: boolean }
  /** Settings that only this carrier has, and what each must be. */
  readonly settings: Rules
  /** Settings of which a stream can have one at most. */
  readonly exclusive?: readonly (keyof DeliverySettings)[]
  /** The defaults of its settings. */
  readonly defaults: ChannelSettings
  /** The least and the most of settings that carriers share. */
  readonly ranges: Readonly<Partial<Record<keyof ChannelSettings, readonly [least: number, most: number]>>>
  /** The most records of one batch. */
  readonly mostRecords: { readonly plain: number; readonly withoutWindow: number; readonly fifo: number }
  /** How many receivers may share one channel. */
  readonly mostReceivers: number
  /** How long a failed record may wait where it is: a setting of the channel in seconds, or the receiver's timeout. */
  readonly waitsFor: keyof ChannelSettings | 'timeout'
  /** The longest that it can hold a record back; 0: it cannot. */
  readonly mostDelayMs: number
}

/** What a carrier takes. */
export interface CarrierLimits {
  /** The largest record: a message with its metadata as it travels, and its key. */
  readonly messageBytes: number
  /** The most records that one call accepts. */
  readonly batchRecords: number
  /** The most bytes of one call's records, with their keys. */
  readonly batchBytes: number
}

/** The rules of a carrier of a cloud, and which of them holds what waits for its next try. */
export interface TabledRules extends CarrierRules {
  readonly retryVia: Via
}

/** All carriers by their names. The first carries what names none. */
export type CarrierTable = Readonly<Record<Via, TabledRules>>

/** The names of all carriers. */
export function viasOf(carriers: CarrierTable): readonly Via[] {
  return Object.keys(carriers) as readonly Via[]
}

/** Whether a carrier keeps the order of each key; where it does not, an emit with a key fails. */
export function keepsOrder({ orderedByKey }: CarrierRules, { fifo }: { readonly fifo: boolean }): boolean {
  return fifo ? orderedByKey.fifo : orderedByKey.plain
}

/**
 * Returns the hours that records must be kept, so that a report on a batch without an answer still finds them: twice as long as
 * a record may wait, if a setting limits that.
 */
export function leastRetention(settings: ChannelSettings, { waitsFor }: Pick<CarrierRules, 'waitsFor'>): number {
  const seconds = waitsFor === 'timeout' ? 0 : ((settings[waitsFor] as number | undefined) ?? 0)
  return Math.ceil((2 * seconds) / 3600)
}
