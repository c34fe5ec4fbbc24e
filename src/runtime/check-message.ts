import type { SendLimits } from './carrier.ts'
import { checkedDepth } from './depth.ts'
import { encodeMessage, type Origin } from './event.ts'
import type { Message } from './message.ts'
import { dataRefusal, keyRefusal, sizeRefusal } from './refusal.ts'
import { textOf } from './text.ts'

/** The data of an emit as it travels; undefined for none. Throws EMIT_REFUSED for what JSON cannot carry, or nests too deep. */
export function dataTextOf({ topic, data }: Message): string | undefined {
  try {
    return checkedDepth(textOf(data))
  } catch (error) {
    throw dataRefusal(topic ?? '', data, error)
  }
}

/**
 * Throws EMIT_REFUSED or EMIT_TOO_LARGE for a message that its channel cannot carry. Its bytes are counted only when they may
 * be too many.
 */
export function checkMessage(
  message: Message,
  data: string | undefined,
  limits: Pick<SendLimits, 'messageBytes' | 'orderedByKey'>,
  origin: Omit<Origin, 'time'>,
): void {
  const { topic = '', key } = message
  if (key !== undefined && !limits.orderedByKey) throw keyRefusal(topic)
  if (MOST_UTF8_BYTES * ((data?.length ?? 0) + topic.length + keyBytes(key)) < limits.messageBytes / 2) return
  const bytes = Buffer.byteLength(encodeMessage(message, { ...origin, time: ANY_TIME }, data)) + keyBytes(key)
  if (bytes > limits.messageBytes) throw sizeRefusal(topic, bytes, limits.messageBytes)
}

/** Per character of a text. */
const MOST_UTF8_BYTES = 3
const ANY_TIME = new Date(0).toISOString()

/** Returns the bytes that a key adds to the body; a message without a key travels by its id. */
export function keyBytes(key: string | undefined): number {
  return key === undefined ? ID_BYTES : Buffer.byteLength(key)
}

const ID_BYTES = 32
