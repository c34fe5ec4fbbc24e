import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shorten, widthOf } from '../../src/view/width.ts'

test('text that fits stays as it is', () => {
  expect(shorten('hello', 5)).toEqual({ text: 'hello', cut: false })
})

test('text that does not fit is cut to the width', () => {
  expect(shorten('hello!', 5)).toEqual({ text: 'hell…', cut: true })
  expect(shorten('日本語', 5)).toEqual({ text: '日本…', cut: true })
  expect(shorten('😀😀😀', 4)).toEqual({ text: '😀…', cut: true })
})

test('never takes more columns than available, and never cuts a character in two', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const { text: short, cut } = shorten(text, width)
      expect(widthOf(short)).toBeLessThanOrEqual(width)
      expect(short).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
      expect(text.startsWith(cut ? short.slice(0, -1) : short)).toBe(true)
    }),
  )
})
