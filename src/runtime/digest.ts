import { hash } from 'node:crypto'

/** 128 bits as four words of 32, each as a signed number. */
export type Words = readonly [number, number, number, number]

/**
 * Returns the first 128 bits of the SHA-256 of a text. Its UTF-16 code units are the bytes, the high byte first, so two texts
 * that differ only in lone surrogates differ here too.
 */
export function digestOf(text: string): Words {
  const bytes = hash('sha256', Buffer.from(text, 'utf16le').swap16(), 'buffer')
  return [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)]
}

/** Returns {@link digestOf} as 32 hex digits. */
export function hexDigestOf(text: string): string {
  return digestOf(text)
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
}
