import { isUtf8 } from 'node:buffer'

/** Bytes as text; if they are not UTF-8, what they are instead. */
export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'foreign'
      /** The bytes with U+FFFD for what cannot be decoded, to show the place. */
      readonly text: string
      /** Index into `text` of the first such place. */
      readonly offset: number
      readonly what: string
    }

/** Formats by how their files begin, each with how to make text of it. */
const FORMATS: readonly { readonly begin: readonly number[]; readonly what: string }[] = [
  { begin: [0xff, 0xfe], what: 'UTF-16 instead of UTF-8: save it as UTF-8' },
  { begin: [0xfe, 0xff], what: 'UTF-16 instead of UTF-8: save it as UTF-8' },
  { begin: [0x1f, 0x8b], what: 'gzip instead of text: decompress it first, with gunzip' },
  { begin: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd instead of text: decompress it first, with unzstd' },
  { begin: [0x50, 0x4b, 0x03, 0x04], what: 'zip instead of text: decompress it first, with unzip' },
  { begin: [0x42, 0x5a, 0x68], what: 'bzip2 instead of text: decompress it first, with bunzip2' },
]

/** How many bytes identify a format. */
export const FORMAT_BYTES = 4

/** Returns which other format a file is in, and what to do about it, by its first bytes; undefined for text. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const format = FORMATS.find(({ begin }) => begin.every((byte, index) => bytes[index] === byte))
  if (format !== undefined) return format.what
  // JSON begins with an ASCII character, which UTF-16 writes with a NUL beside it.
  const isUtf16 = bytes.length >= 2 && (bytes[0] === 0) !== (bytes[1] === 0)
  return isUtf16 ? FORMATS[0]!.what : undefined
}

/**
 * Decodes UTF-8. Invalid bytes are refused and not replaced, because a replaced character changes the event. With
 * `isStart`, the bytes are a file's first and also identify other formats.
 */
export function decodeText(bytes: Uint8Array, { isStart }: { readonly isStart: boolean }): DecodedText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const what = isStart ? formatOf(bytes) : undefined
  const text = buffer.toString('utf8')
  if (what !== undefined) return { kind: 'foreign', text, offset: 0, what: `this is ${what}` }
  if (isUtf8(bytes)) return { kind: 'text', text }
  const { offset, byte } = firstReplaced(buffer, text)
  const hex = byte.toString(16).padStart(2, '0')
  return { kind: 'foreign', text, offset, what: `not UTF-8: the byte 0x${hex} is no part of a character` }
}

/** Up to the first replaced character, text and bytes agree. */
function firstReplaced(bytes: Buffer, text: string): { readonly offset: number; readonly byte: number } {
  let [seen, at] = [0, 0]
  for (;;) {
    const offset = text.indexOf('\ufffd', seen)
    at += Buffer.byteLength(text.slice(seen, offset))
    const isReal = bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd
    if (!isReal) return { offset, byte: bytes[at]! }
    seen = offset + 1
    at += 3
  }
}
