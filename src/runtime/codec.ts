import { isUtf8 } from 'node:buffer'
import type { Delivery } from './carrier.ts'
import { excerptOf, isTooDeep, MOST_DEPTH, TOO_DEEP } from './depth.ts'
import { hexDigestOf } from './digest.ts'
import { MOST_ID_CHARACTERS, messageOfEvent } from './event.ts'
import type { Message } from './message.ts'
import { type Position, positionText } from './position.ts'
import { isOutOfRange, MAYBE_OUT_OF_RANGE, OUT_OF_RANGE } from './range.ts'
import { fieldsOf, jsonOrText } from './text.ts'
import { messagesOfPack } from './unpack.ts'

/** The platform's data about a record. */
export interface RecordPlace {
  /** The record's place, which determines the id of bare data. */
  readonly position: Position
  /** The key of bare data. */
  readonly key: string | undefined
  /** The processor that all its messages are to. */
  readonly to: string
}

/**
 * Returns the messages in a record's bytes, as for its text. Bytes that are not UTF-8 are bare data
 * `{ data_base64: 'kNjYw…' }`.
 */
export function decodeBytes(bytes: Buffer, place: RecordPlace): readonly Message[] {
  const text = bytes.toString('utf8')
  // Bytes that are not UTF-8 have become U+FFFD: without any there is nothing to look for.
  if (text.includes('\uFFFD') && !isUtf8(bytes)) return [bareMessage({ data_base64: bytes.toString('base64') }, place)]
  return decodeText(text, place)
}

/**
 * Returns the messages in a record's text: one for a CloudEvent with `attakroot`, several for a pack. Any other text is
 * one message of bare data without a topic: the value if it is JSON, else the text. A record that exceeds the limits of
 * docs/reference/messages.md is one message with the reason in `refused`. Never throws.
 */
export function decodeText(text: string, place: RecordPlace): readonly Message[] {
  const value = jsonOrText(text)
  const fields = fieldsOf(value)
  const isPack = fields !== undefined && 'attakpack' in fields
  const isEvent = !isPack && fields !== undefined && 'attakroot' in fields
  // A short text cannot be deep.
  if (text.length > 2 * MOST_DEPTH && isTooDeep(value, MOST_DEPTH + (isPack ? 2 : isEvent ? 1 : 0))) {
    return [refusedMessage(`its data ${TOO_DEEP}`, text, place)]
  }
  if (MAYBE_OUT_OF_RANGE.test(text) && isOutOfRange(isPack || isEvent ? fields.data : value)) {
    return [refusedMessage(`its data ${OUT_OF_RANGE}`, text, place)]
  }
  if (isPack) {
    const messages = messagesOfPack(fields, place.to)
    return typeof messages === 'string' ? [refusedMessage(messages, text, place)] : messages
  }
  if (isEvent) return [messageOfEvent(value, place.to) ?? refusedMessage(UNREADABLE_EVENT, text, place)]
  return [bareMessage(value, place)]
}

/** The reason for refusing a CloudEvent that has `attakroot`, and cannot be read. */
export const UNREADABLE_EVENT = `it has attakroot, but its id, type, attakroot, attakparent or partitionkey cannot be read (an id is a text of at most ${MOST_ID_CHARACTERS} characters)`

/** The message of a record that cannot be read: the beginning of it, without a key, so that nothing waits for it. */
export function refusedMessage(refused: string, record: unknown, place: Omit<RecordPlace, 'key'>): Message {
  return { ...bareMessage(excerptOf(record), { ...place, key: undefined }), refused }
}

/** The records of an invocation payload: `{ Records: [ … ] }`. */
export function recordsIn(payload: unknown): readonly unknown[] {
  const records = fieldsOf(payload)?.Records
  return Array.isArray(records) ? records : []
}

/**
 * The name of a broken record, because the platform has no name for it. If it fails, the platform redelivers all
 * records.
 */
export const BROKEN = ''

/** Returns the delivery of a record that does not have its platform's form, so that its position is unknown. */
export function brokenDelivery(record: unknown, to: string): Delivery {
  const position = { channel: 'broken', ref: hexDigestOf(excerptOf(record)) }
  const refused = refusedMessage('it does not have the form that its platform sends', record, { position, to })
  return { record: BROKEN, position, messages: [refused] }
}

function bareMessage(data: unknown, { position, key, to }: RecordPlace): Message {
  return {
    data,
    topic: undefined,
    key,
    edge: { from: undefined, to },
    parent: undefined,
    root: { seed: positionText(position), position: 0, pending: 0, id: undefined },
    ordinal: 0,
    hop: 1,
    attempt: 1,
    id: undefined,
  }
}
