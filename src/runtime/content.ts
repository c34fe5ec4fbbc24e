import { hexDigestOf } from './digest.ts'
import type { Message } from './message.ts'
import { textOf } from './text.ts'

/**
 * What tells a message from any other that has its id, 32 hex digits: the digest of its topic, key and data. A sender chooses
 * the id of a message, so that an id alone tells nothing.
 */
export function contentDigest({ topic, key, data }: Pick<Message, 'topic' | 'key' | 'data'>): string {
  return hexDigestOf(`${textOf([topic, key])}${textOf(data) ?? ''}`)
}
