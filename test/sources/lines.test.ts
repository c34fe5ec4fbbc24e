import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLineCutter } from '../../src/sources/lines.ts'

it('lines do not depend on where their bytes are cut into blocks', () => {
  const bytes = fc.array(fc.constantFrom(10, 13, 97, 98), { maxLength: 60 })
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60)), fc.integer({ min: 1, max: 8 }), (given, cuts, most) => {
      const whole = Buffer.from(given)
      const read = (places: readonly number[]) => {
        const cutter = createLineCutter(most)
        const ends = [...new Set([...places, whole.length])].filter((end) => end <= whole.length).sort((a, b) => a - b)
        const lines = ends.flatMap((end, index) => cutter.take(whole.subarray(ends[index - 1] ?? 0, end)))
        return [...lines, cutter.rest()].map((line) => line && { ...line, bytes: line.bytes?.toString() })
      }
      expect(read(cuts)).toEqual(read([]))
      const lines = read(cuts)
      const texts = whole.toString().split('\n')
      const kept = texts.map((text) => (text.length > most ? undefined : text.replace(/\r$/, '')))
      if (kept.at(-1) === '' && texts.at(-1) === '') expect(lines.pop()).toBe(undefined)
      if (texts.at(-1) === '') kept.pop()
      expect(lines.map((line) => line?.bytes)).toEqual(kept)
    }),
  )
})
