import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedDepth, excerptOf, isTextTooDeep, isTooDeep, MOST_DEPTH } from '../../src/runtime/depth.ts'
import { dataRefusal } from '../../src/runtime/refusal.ts'
import { createCopier } from '../../src/simulator/copy.ts'

/** Levels of a value, by another way than the code. */
function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf))
}

function nested(levels: number, wrap: (inner: unknown, level: number) => unknown): unknown {
  let value: unknown = 0
  for (let level = 0; level < levels; level++) value = wrap(value, level)
  return value
}

const WRAPS: readonly [name: string, wrap: (inner: unknown, level: number) => unknown][] = [
  ['lists', (inner) => [inner]],
  ['objects', (a) => ({ a })],
  ['lists of objects', (inner, level) => (level % 2 === 0 ? [inner] : { inner })],
  ['objects beside brackets in text', (a, level) => ({ text: `[{"\\`.repeat(level % 3), a })],
]

describe('the depth of JSON', () => {
  it('is counted for any text and value, with any strings', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
      fc.constantFrom('[{'.repeat(50), ['"\\', '\\\\"[']),
    )
    fc.assert(
      fc.property(value, fc.nat(4), (said, most) => {
        const isDeep = levelsOf(JSON.parse(JSON.stringify(said))) > most
        expect(isTextTooDeep(JSON.stringify(said), most)).toBe(isDeep && JSON.stringify(said).length > 2 * most)
        expect(isTooDeep(JSON.parse(JSON.stringify(said)), most)).toBe(isDeep)
      }),
    )
  })

  it('has a limit of a third of what JSON.stringify accepts on an empty stack, so handlers may use most of the stack', () => {
    for (const [, wrap] of WRAPS) expect(() => JSON.stringify(nested(3 * MOST_DEPTH, wrap))).not.toThrow()
  })
})

describe.each(WRAPS)('data that nests in %s', (_, wrap) => {
  it('is emitted up to the limit and refused above, simulated and deployed', () => {
    const [most, more, many] = [MOST_DEPTH, MOST_DEPTH + 1, 20_000].map((levels) => nested(levels, wrap))
    expect(checkedDepth(JSON.stringify(most))).toBe(JSON.stringify(most))
    expect(JSON.stringify(createCopier().copy(most))).toBe(JSON.stringify(most))
    expect(() => checkedDepth(JSON.stringify(more))).toThrow('nests deeper than 1000 levels')
    const copier = createCopier()
    expect(() => copier.copy(many)).toThrow(RangeError)
    // Often enough to have a copier compiled for it.
    for (let again = 0; again < 70; again++) {
      expect(() => copier.copy(more)).toThrow('nests deeper than 1000 levels')
    }
  })

  it('is refused with its topic and the path to the level that is too deep', () => {
    for (const levels of [MOST_DEPTH + 1, 20_000]) {
      const refusal = dataRefusal('order', nested(levels, wrap), new RangeError('Maximum call stack size exceeded'))
      expect(refusal.message).toMatch(
        /^emit of "order": data[.[].{1,220}… is too deep: the data nests deeper than 1000 levels$/,
      )
    }
  })
})

it('the beginning of a refused record is short', () => {
  for (const [, wrap] of WRAPS) expect(excerptOf(nested(50_000, wrap)).length).toBeLessThanOrEqual(1001)
  expect(excerptOf(undefined)).toBe('')
  expect(excerptOf({ a: 'x'.repeat(1_000_000) }).length).toBe(1001)
  expect(excerptOf('{"a":')).toBe('{"a":')
})
