import { hexDigestOf } from './digest.ts'
import type { Message } from './message.ts'
import { textOf } from './text.ts'

/**
 * Returns the digest of a message's topic, key and data, 32 hex digits. It distinguishes messages with the same id: the
 * sender chooses the id, so an id alone proves nothing.
 */
export function contentDigest({ topic, key, data }: Pick<Message, 'topic' | 'key' | 'data'>): string {
  return hexDigestOf(`${textOf([topic, key])}${textOf(data) ?? ''}`)
}
