import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NOTHING, WINDOW } from '../../../src/carriers/kafka/kept.ts'
import { baseOf, finish, mayGive, progressFrom, reach } from '../../../src/carriers/kafka/progress.ts'

it('a record that is not done is never before the committed offset, nor too far behind it', () => {
  const steps = fc.array(fc.record({ gives: fc.boolean(), which: fc.nat() }), { maxLength: 2500, size: 'max' })
  fc.assert(
    fc.property(steps, (list) => {
      const progress = progressFrom(7, NOTHING)
      const done = new Set<number>()
      for (const { gives, which } of list) {
        if (gives && mayGive(progress, progress.next)) expect(reach(progress, progress.next)).toBe(true)
        else if (progress.open.size > 0) {
          const offset = [...progress.open][which % progress.open.size]!
          done.add(offset)
          finish(progress, [offset])
        }
      }
      const base = baseOf(progress)
      expect([...progress.open].filter((offset) => offset < base)).toEqual([])
      expect([...progress.done].filter((offset) => offset <= base || offset >= base + WINDOW)).toEqual([])
      expect(Array.from({ length: base - 7 }, (_, at) => at + 7).filter((offset) => !done.has(offset))).toEqual([])
    }),
    { numRuns: 20 },
  )
})

it('the next owner is given what was not done', () => {
  const first = progressFrom(0, NOTHING)
  for (let offset = 0; offset < 5; offset++) reach(first, offset)
  finish(first, [0, 2, 4])
  const second = progressFrom(baseOf(first), { ...NOTHING, done: first.done })
  expect([1, 2, 3, 4, 5].filter((offset) => reach(second, offset))).toEqual([1, 3, 5])
})
