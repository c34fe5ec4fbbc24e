import { isUtf8 } from 'node:buffer'
import { messageOfEvent } from './event.ts'
import type { Message } from './message.ts'
import { jsonOrText } from './text.ts'
import { messagesOfPack } from './unpack.ts'

/** What the platform says of a record. */
export interface RecordPlace {
  /** Where it stood, which the id of bare data is made from: `<stream>/<shard>/<sequence>`. */
  readonly position: string
  /** The key of bare data. */
  readonly key: string | undefined
  /** The processor that all its messages are to. */
  readonly to: string
}

/** The messages in a record's bytes: as in its text. What is not UTF-8 is bare data `{ data_base64: 'kNjYw…' }`. */
export function decodeBytes(bytes: Buffer, place: RecordPlace): readonly Message[] {
  const text = bytes.toString('utf8')
  // Bytes that are not UTF-8 have become U+FFFD: without any there is nothing to look for.
  if (text.includes('\uFFFD') && !isUtf8(bytes)) return [bareMessage({ data_base64: bytes.toString('base64') }, place)]
  return decodeText(text, place)
}

/**
 * The messages in a record's text: one of a CloudEvent with `attakroot`, those of a pack, and of anything else one of
 * bare data without a topic: the value, if it is JSON, else the text. Never throws. See docs/messages.md.
 */
export function decodeText(text: string, place: RecordPlace): readonly Message[] {
  const value = jsonOrText(text)
  const pack = messagesOfPack(value, place.to)
  return pack ?? [messageOfEvent(value, place.to) ?? bareMessage(value, place)]
}

function bareMessage(data: unknown, { position, key, to }: RecordPlace): Message {
  return {
    data,
    topic: undefined,
    key,
    edge: { from: undefined, to },
    parent: undefined,
    root: { seed: position, position: 0, pending: 0, id: undefined },
    ordinal: 0,
    hop: 1,
    attempt: 1,
    id: undefined,
    row: -1,
  }
}
