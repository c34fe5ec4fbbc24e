import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERRORS_PART, resourceName } from '../../src/graph/names.ts'
import { isName } from '../../src/topology/name.ts'

const name = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9]$/), fc.stringMatching(/^[A-Za-z0-9_-]{0,39}$/))
  .map((parts) => parts.join(''))
  .filter(isName)

test('a name has topology, stage and part', () => {
  expect(resourceName('orders', 'dev', 'bill', 64)).toBe('orders--dev--bill')
})

test('a name that is too long is cut and ends in its hash', () => {
  const cut = resourceName('a-topology-of-some-length', 'production', 'processor-with-a-long-name-1', 64)
  expect(cut).toBe('a-topology-of-some-length--production--processor-with-a-0606058e')
  expect(cut).toHaveLength(64)
  expect(resourceName('a-topology-of-some-length', 'production', 'processor-with-a-long-name-2', 64)).not.toBe(cut)
})

test('no two parts of any topologies and stages share a name', () => {
  const part = fc.tuple(name, name, fc.oneof(name, fc.constant(ERRORS_PART)))
  fc.assert(
    fc.property(part, part, fc.constantFrom(64, 75, 80, 128), (one, other, limit) => {
      const same = one.every((text, index) => text === other[index])
      expect(resourceName(...one, limit) === resourceName(...other, limit)).toBe(same)
      expect(resourceName(...one, limit).length).toBeLessThanOrEqual(limit)
    }),
    { examples: [[['a-', 'b', 'c'], ['a', 'b', 'c'], 64]] },
  )
})
