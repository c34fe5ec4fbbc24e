import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chanceFor, emitIdFor, invokeIdFor, rootIdFor } from '../../src/runtime/id.ts'

/** Few enough values for two names to be equal in all parts but one. */
const word = fc.constantFrom('a', 'b', 'ab', 'a\n', '')
const name = fc.tuple(
  fc.constantFrom(rootIdFor('attak', 0), rootIdFor('attak', 1), 'orders-4711', 'ORDERS-4711'),
  word,
  word,
  fc.option(word, { nil: undefined }),
  fc.constantFrom(0, 1, 2, 2 ** 31),
)

test('an id is 32 hex digits, the same for the same name, and another for any other', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      const id = emitIdFor(...one)
      expect(id).toMatch(/^[0-9a-f]{32}$/)
      expect(emitIdFor(...one)).toBe(id)
      expect(emitIdFor(...other) === id).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 1000 },
  )
})

test('an invoke and an emit with the same name have different ids', () => {
  const root = rootIdFor('attak', 0)
  expect(invokeIdFor(root, 'a', 'b', 0)).toBe(invokeIdFor(root, 'a', 'b', 0))
  expect(invokeIdFor(root, 'a', 'b', 0)).not.toBe(invokeIdFor(root, 'a', 'b', 1))
  expect(invokeIdFor(root, 'a', 'b', 0)).not.toBe(emitIdFor(root, 'a', 'b', undefined, 0))
})

test('no two inputs have one id', () => {
  const positions = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]
  const ids = ['attak', '7', ''].flatMap((seed) => positions.map((position) => rootIdFor(seed, position)))
  expect(new Set(ids).size).toBe(ids.length)
  expect(rootIdFor('attak', 0)).toBe(rootIdFor('attak', 0))
})

test('one bit of difference changes half of the bits', () => {
  const bitsOf = (id: string) => BigInt(`0x${id}`)
  let changed = 0
  for (let position = 0; position < 1000; position++) {
    const difference = bitsOf(rootIdFor('attak', 2 * position)) ^ bitsOf(rootIdFor('attak', 2 * position + 1))
    changed += difference.toString(2).replaceAll('0', '').length
  }
  expect(changed / 1000).toBeGreaterThan(63)
  expect(changed / 1000).toBeLessThan(65)
})

test('ids stay the same from release to release, because older messages are identified by them', () => {
  const root = rootIdFor('attak', 0)
  expect(root).toMatchInlineSnapshot(`"ed31ac57cb2a1da161a26bdb4626a299"`)
  expect(emitIdFor(root, 'spout', 'text', undefined, 0)).toMatchInlineSnapshot(`"13b34df3dd5e2b2f6218fc7838e88dde"`)
  expect(emitIdFor(root, 'spout', 'text', 'a key', 1)).toMatchInlineSnapshot(`"7794ebf6cc06295a5eb6553969a1b14f"`)
})

test('a chance is the same for the same id and attempt, and spread evenly', () => {
  const chances = Array.from({ length: 4000 }, (_, attempt) => chanceFor('orders-4711', attempt))
  expect(chanceFor('orders-4711', 3)).toBe(chances[3])
  for (let tenth = 0; tenth < 10; tenth++) {
    const within = chances.filter((chance) => chance >= tenth / 10 && chance < (tenth + 1) / 10).length
    expect(within).toBeGreaterThan(320)
    expect(within).toBeLessThan(480)
  }
})
