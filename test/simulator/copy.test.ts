import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCopier } from '../../src/simulator/copy.ts'

const roundTrip = (value: unknown): unknown => {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

/** Same values, prototypes and order of keys. */
function expectSame(actual: unknown, expected: unknown): void {
  deepStrictEqual(actual, expected)
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected))
}

/** Values as handlers emit them, with what JSON drops, changes or asks for its form. */
const leaves = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY, Symbol('s'), () => 1),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom<unknown>(
    new Map([[1, 2]]),
    /x/,
    new Number(3),
    new String('s'),
    new Boolean(false),
    new Uint8Array(2),
  ),
  fc.constantFrom<unknown>({ toJSON: () => 'own' }, { toJSON: (key: string) => key }, Object.create({ inherited: 1 })),
  fc.constantFrom<unknown>(
    Object.assign(() => 1, { toJSON: () => 'f' }),
    new (class {
      a = 1
    })(),
    new Error('e'),
  ),
)
const keys = fc.oneof(fc.string(), fc.constantFrom('a', 'b', '1', '__proto__', 'constructor', 'toJSON', 'length'))
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}))

describe('a copier', () => {
  it('gives what a JSON round trip gives, whatever it saw before', () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 8 }), fc.boolean(), (values, twice) => {
        const copier = createCopier()
        for (const value of twice ? [...values, ...values] : values) {
          expectSame(copier.copy(value), roundTrip(value))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('gives a value of its own: changing it changes neither the original nor another copy', () => {
    const copier = createCopier()
    const original = { list: [{ n: 1 }], nested: { text: 'a' } }
    for (let round = 0; round < 3; round++) {
      const copy = copier.copy(original) as typeof original
      copy.list[0]!.n = 2
      copy.nested.text = 'b'
      expect(original).toEqual({ list: [{ n: 1 }], nested: { text: 'a' } })
    }
  })

  it.each([
    ['other keys', { a: 1, b: 'x' }, { a: 1, c: 'x' }],
    ['another order of keys', { a: 1, b: 'x' }, { b: 'x', a: 1 }],
    ['fewer keys', { a: 1, b: 'x' }, { a: 1 }],
    ['more keys', { a: 1, b: 'x' }, { a: 1, b: 'x', c: null }],
    ['other types', { a: 1, b: 'x' }, { a: 'x', b: 1 }],
    ['a nested prototype', { a: { n: 1 } }, { a: Object.create({ n: 1 }) }],
    ['a field that becomes a date', { at: 'x' }, { at: new Date(0) }],
    ['a field that becomes undefined', { a: 1, b: 'x' }, { a: 1, b: undefined }],
    ['a number that JSON cannot write', { a: 1 }, { a: Number.NaN }],
    [
      'an element of another shape',
      { list: [{ n: 1 }, { n: 2 }] },
      { list: [{ n: 1 }, { m: 'x' }, 3, null, undefined] },
    ],
    ['an element that goes through JSON', { list: [{ n: 1 }] }, { list: [{ n: 2 }, { n: new Date(0) }] }],
    ['a list that becomes none', { list: [{ n: 1 }] }, { list: { 0: { n: 1 }, length: 1 } }],
    ['a list with holes', { list: [{ n: 1 }] }, { list: Object.assign([{ n: 1 }], { 3: { n: 4 } }) }],
    ['lists within elements', { list: [{ n: [{ a: 1 }] }] }, { list: [{ n: [{ a: 2 }, { b: [1] }] }, { n: [] }] }],
    ['an inherited key', { a: 1 }, Object.assign(Object.create({ z: 1 }), { a: 1 })],
    ['an own toJSON that is not enumerable', { a: 1 }, Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'j' })],
  ])('that learnt one shape copies %s rightly', (_, learnt, other) => {
    const copier = createCopier()
    copier.copy(learnt)
    expectSame(copier.copy(other), roundTrip(other))
    expectSame(copier.copy(learnt), roundTrip(learnt))
  })

  it.each([
    ['quotes', { '': '\u0000' }],
    ['braces', { '\u0001': { '\u0002': {} } }],
    ['a list', { '': [{ '': '\uD800' }, { '': '' }] }],
    ['long numbers', { '': -1.2345678901234567e-6, '\u0001': [-1.2345678901234567e-6] }],
  ])('bounds the bytes of what it copied from above, where it has no room but that of %s', (_, value) => {
    const copier = createCopier()
    for (let round = 0; round < 3; round++) {
      copier.copy(value)
      expect(copier.mostBytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(value)))
    }
  })

  it('bounds the bytes of what it copied from above', () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 4 }), (values) => {
        const copier = createCopier()
        for (const value of [...values, ...values]) {
          copier.copy(value)
          const text = JSON.stringify(value) as string | undefined
          expect(copier.mostBytes).toBeGreaterThanOrEqual(Buffer.byteLength(text ?? ''))
        }
      }),
    )
  })

  it('throws what JSON throws for a cycle and a BigInt', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    expect(() => createCopier().copy(cycle)).toThrow(/circular/)
    expect(() => createCopier().copy({ n: 1n })).toThrow(/BigInt/)
  })
})
