import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeKept, encodeKept, type Kept, WINDOW } from '../../../src/carriers/kafka/kept.ts'

const NOW_MS = Date.UTC(2026, 10, 29)
const place = fc.integer({ min: 0, max: WINDOW - 1 })
const mark = fc.record({
  index: fc.integer({ min: 0, max: 99 }),
  attempt: fc.integer({ min: 1, max: 50 }),
  asked: fc.integer({ min: 0, max: 1000 }),
  dueMs: fc.integer({ min: NOW_MS, max: NOW_MS + 86_400_000 }),
})
const states = (marked: number) =>
  fc
    .record({
      ...{ offset: fc.integer({ min: 0, max: 2 ** 50 }), isOwned: fc.boolean(), done: fc.uniqueArray(place) },
      marks: fc.uniqueArray(fc.tuple(place, fc.array(mark, { minLength: 1, maxLength: 3 })), {
        ...{ maxLength: marked, minLength: marked / 2, selector: ([at]: [number, unknown]) => at },
      }),
      crashes: fc.uniqueArray(fc.tuple(place, fc.integer({ min: 1, max: 3 })), {
        selector: ([at]) => at,
        maxLength: 9,
      }),
    })
    .map(({ offset, isOwned, done, marks, crashes }) => {
      const at = <Value>(list: readonly (readonly [number, Value])[]) =>
        new Map(
          list.map(([one, value]) => [offset + one, value]).sort(([a], [b]) => (a as number) - (b as number)) as [
            number,
            Value,
          ][],
        )
      const kept: Kept = {
        ...{ isOwned, done: new Set(done.map((one) => offset + one).sort((a, b) => a - b)) },
        ...{ marks: at(marks), crashes: at(crashes) },
      }
      return { offset, kept }
    })

it('what is kept beside an offset is read as it was written', () => {
  fc.assert(
    fc.property(states(40), ({ offset, kept }) => {
      expect(decodeKept(offset, encodeKept(offset, kept))).toEqual(kept)
    }),
  )
})

it('what is kept never needs more than Kafka takes, and lacks the latest marks at most', () => {
  fc.assert(
    fc.property(states(600), ({ offset, kept }) => {
      const text = encodeKept(offset, kept)
      expect(text.length).toBeLessThanOrEqual(4096)
      const read = decodeKept(offset, text)
      expect({ ...read, marks: undefined }).toEqual({ ...kept, marks: undefined })
      expect([...read.marks]).toEqual([...kept.marks].slice(0, read.marks.size))
    }),
    { numRuns: 30 },
  )
})

it('an offset without anything beside it, or with what another program has written, keeps nothing', () => {
  for (const text of [null, '', 'a note', '2 x']) {
    expect(decodeKept(5, text)).toEqual({ isOwned: false, done: new Set(), marks: new Map(), crashes: new Map() })
  }
})
