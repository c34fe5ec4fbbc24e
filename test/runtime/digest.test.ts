import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/runtime/digest.ts'

/** The same by Node: 128 bits of SHA-256 over code units, the high byte first. */
function digestByNode(text: string): string {
  const bytes = Buffer.alloc(2 * text.length)
  for (let index = 0; index < text.length; index++) bytes.writeUInt16BE(text.charCodeAt(index), 2 * index)
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}

function hexOf(words: readonly number[]): string {
  return [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

test('a digest is the beginning of the SHA-256, whatever the length', () => {
  for (let length = 0; length <= 130; length++) {
    const text = 'é'.repeat(length)
    expect(hexOf(digestOf(text))).toBe(digestByNode(text))
  }
  const long = 'attak '.repeat(100_000)
  expect(hexOf(digestOf(long))).toBe(digestByNode(long))
})

test('a digest is the beginning of the SHA-256, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(hexOf(digestOf(text))).toBe(digestByNode(text))
    }),
  )
})

test('different lone surrogates differ', () => {
  expect(hexOf(digestOf('\ud800'))).not.toBe(hexOf(digestOf('\ud801')))
})
