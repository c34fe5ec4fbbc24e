import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Copier, createCopier } from '../../src/simulator/copy.ts'
import { HAS_RAW_JSON, type Odd, oddValue } from './copy-oddities.ts'

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
  it('returns the same as a JSON round trip, after any earlier values', () => {
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

  it('returns a separate value: changing it does not change the original or another copy', () => {
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
  ])('that learned one shape copies %s correctly', (_, learnt, other) => {
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
  ])('has an upper bound of the bytes, with only the room of %s', (_, value) => {
    const copier = createCopier()
    for (let round = 0; round < 3; round++) {
      copier.copy(value)
      expect(copier.mostBytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(value)))
    }
  })

  it('has an upper bound of the bytes of a copy', () => {
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

  it('throws the error of JSON for a cycle and a BigInt', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    expect(() => createCopier().copy(cycle)).toThrow(/circular/)
    expect(() => createCopier().copy({ n: 1n })).toThrow(/BigInt/)
  })
})

/** The result of copying an odd value: its value or error, and what the value's own code noticed. */
function observed(odd: Odd, copy: (value: unknown) => unknown) {
  const log: string[] = []
  const value = odd(log)
  const made = log.length
  try {
    const copied = copy(value)
    return { copied, text: JSON.stringify(copied), log: log.slice(made) }
  } catch (error) {
    const isOurs = error instanceof TypeError && /circular|BigInt|revoked/.test(error.message)
    return { error: isOurs ? 'TypeError' : error, log: log.slice(made) }
  }
}

/** Compares copies with JSON, and what getters, traps and toJSON notice of each. */
function expectLikeJson(copier: Copier, odd: Odd) {
  const expected = observed(odd, roundTrip)
  deepStrictEqual(observed(odd, copier.copy), expected)
  return expected
}

describe('calls of getters, proxies and toJSON by a copy', () => {
  it('are those of JSON.stringify, after any earlier values', () => {
    fc.assert(
      fc.property(fc.array(oddValue, { minLength: 1, maxLength: 4 }), (odds) => {
        const copier = createCopier()
        for (const odd of [...odds, ...odds]) {
          // Now it knows the shape, and copies by what it compiled for that.
          const { copied } = expectLikeJson(copier, odd)
          if (copied !== undefined) deepStrictEqual(copier.copy(copied), copied)
          expectLikeJson(copier, odd)
          expectLikeJson(copier, (log) => ({ a: 1, b: odd(log), c: [{ d: odd(log) }] }))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, Odd]>([
    [
      'reads a getter once',
      (log) => ({
        get a() {
          return log.push('a')
        },
      }),
    ],
    [
      'reads getters in order, nested ones between',
      (log) => ({
        a: {
          get x() {
            return log.push('x')
          },
        },
        get b() {
          return log.push('b')
        },
      }),
    ],
    [
      'asks a proxy for toJSON',
      (log) => new Proxy({}, { get: (_, key) => (key === 'toJSON' ? () => log.push('p') : 1) }),
    ],
    [
      'does not ask a proxy for its prototype',
      (log) =>
        new Proxy(
          { a: 1 },
          {
            getPrototypeOf: () => {
              log.push('no')
              return null
            },
            has: () => {
              log.push('no')
              return true
            },
          },
        ),
    ],
  ])('%s, at the first value and when it knows the shape', (_, odd) => {
    const copier = createCopier()
    for (let round = 0; round < 4; round++) expectLikeJson(copier, odd)
    copier.copy({ a: 1 })
    copier.copy({ a: { x: 1 }, b: 2 })
    for (let round = 0; round < 200; round++) expectLikeJson(copier, odd)
  })

  it('are right if a getter makes another copy with the same copier', () => {
    const copier = createCopier()
    const large = 'x'.repeat(100_000)
    for (let round = 0; round < 3; round++) {
      copier.copy({
        text: large,
        get inner() {
          return copier.copy({ text: 'y', inner: 1 })
        },
      })
      expect(copier.mostBytes).toBeGreaterThan(100_000)
    }
  })

  it.skipIf(!HAS_RAW_JSON)(
    'a raw JSON text is the value that it stands for (skipped where Node has no JSON.rawJSON)',
    () => {
      const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown }
      const copier = createCopier()
      for (const text of ['1', '"text"', 'true', 'null', '-1.5e300']) {
        for (const value of [rawJSON(text), { a: rawJSON(text) }, [rawJSON(text)]])
          expectSame(copier.copy(value), roundTrip(value))
      }
    },
  )
})

describe('a program that changes built-in prototypes', () => {
  /** Adds a property for the time of one test. */
  function changed(prototype: object, name: string, descriptor: PropertyDescriptor, test: () => void) {
    const before = Object.getOwnPropertyDescriptor(prototype, name)
    Object.defineProperty(prototype, name, { configurable: true, ...descriptor })
    try {
      test()
    } finally {
      if (before === undefined) delete (prototype as Record<string, unknown>)[name]
      else Object.defineProperty(prototype, name, before)
    }
  }
  const values = () => [
    { a: 1, b: { c: 'x' } },
    { extra: 2, a: 1 },
    [{ a: 1 }, 2],
    [new Date(0), new String('s'), Object(1), () => 1, Symbol('s')],
    { a: [[1], { extra: 1 }] },
    'text',
    3,
  ]

  it.each<[string, object, string, PropertyDescriptor]>([
    ['Object.prototype.extra', Object.prototype, 'extra', { enumerable: true, writable: true, value: 1 }],
    ['a setter Object.prototype.a', Object.prototype, 'a', { enumerable: false, set() {}, get: () => 'inherited' }],
    ['a read-only Object.prototype.b', Object.prototype, 'b', { enumerable: true, writable: false, value: 1 }],
    ['Array.prototype.extra', Array.prototype, 'extra', { enumerable: true, writable: true, value: 1 }],
    ['Array.prototype.toJSON', Array.prototype, 'toJSON', { writable: true, value: () => 'a list' }],
    [
      'Object.prototype.toJSON',
      Object.prototype,
      'toJSON',
      {
        writable: true,
        value(key: string) {
          return `at ${key}`
        },
      },
    ],
    ['String.prototype.toJSON', String.prototype, 'toJSON', { writable: true, value: () => 'a text' }],
    ['Number.prototype.toJSON', Number.prototype, 'toJSON', { writable: true, value: () => 'a number' }],
    ['Symbol.prototype.toJSON', Symbol.prototype, 'toJSON', { writable: true, value: () => 'a symbol' }],
    ['Function.prototype.toJSON', Function.prototype, 'toJSON', { writable: true, value: () => 'a function' }],
  ])('by %s gets the copies that JSON makes', (_, prototype, name, descriptor) => {
    const copier = createCopier()
    for (const value of values()) copier.copy(value)
    const pairs: (readonly [unknown, unknown])[] = []
    changed(prototype, name, descriptor, () => {
      for (const value of [...values(), ...values()]) pairs.push([copier.copy(value), roundTrip(value)])
    })
    for (const [copied, expected] of pairs) expectSame(copied, expected)
  })

  it('gets its own form of a BigInt', () => {
    const copier = createCopier()
    let pair: unknown[] = []
    changed(
      BigInt.prototype,
      'toJSON',
      {
        value(this: bigint) {
          return `${this}n`
        },
      },
      () => {
        pair = [copier.copy({ a: 5n, b: [Object(6n)] }), copier.copy(7n)]
      },
    )
    expect(pair).toEqual([{ a: '5n', b: ['6n'] }, '7n'])
  })
})

it.each([128, 129, 200, 201, 1100])('an object of %i fields is copied like any other, by both copies', (count) => {
  const fields = Array.from({ length: count - 2 }, (_, index) => `"field${index}":{"at":${index}}`)
  const wide = JSON.parse(`{"__proto__":{"own":true},${fields.join()},"7":null}`) as Record<string, unknown>
  for (const source of ['handler', 'copy'] as const) {
    const copier = createCopier(source)
    for (const _ of ['walked', 'compiled']) {
      const copied = copier.copy(wide) as typeof wide
      expectSame(copied, roundTrip(wide))
      expect(Object.getPrototypeOf(copied)).toBe(Object.prototype)
      expect(copied.field0).not.toBe(wide.field0)
    }
  }
})

describe('a value that is too deep, too long or endless', () => {
  const nested = (depth: number, wrap: (value: unknown) => unknown) => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = wrap(value)
    return value
  }

  it.each<[string, (value: unknown) => unknown]>([
    ['lists', (value) => [value]],
    ['objects', (value) => ({ a: value })],
  ])('is copied through 1,000 levels of %s, and refused with one more', (_, wrap) => {
    const copier = createCopier()
    expect(() => copier.copy(nested(1001, wrap))).toThrow('nests deeper than 1000 levels')
    for (const learned of [nested(10, wrap), { list: [{ a: nested(10, wrap), b: 'x' }] }]) {
      copier.copy(learned)
      expectSame(copier.copy(nested(1000, wrap)), nested(1000, wrap))
      for (const depth of [1001, 200_000]) expect(() => copier.copy(nested(depth, wrap))).toThrow(RangeError)
      expect(() => copier.copy({ list: [{ a: nested(998, wrap), b: 'x' }] })).toThrow('nests deeper than 1000 levels')
      expectSame(copier.copy({ list: [{ a: nested(997, wrap), b: 'x' }] }), {
        list: [{ a: nested(997, wrap), b: 'x' }],
      })
    }
    expectSame(copier.copy(nested(10, wrap)), nested(10, wrap))
  })

  it('is refused if getters never end', () => {
    const endless = (): object => ({
      get next() {
        return endless()
      },
    })
    expect(() => createCopier().copy(endless())).toThrow(RangeError)
  })

  it('is refused before it fills memory', () => {
    expect(() => createCopier().copy(new Array(4_000_000_000))).toThrow(/Invalid string length/)
  })
})

describe('a copier of copies', () => {
  it('returns the same plain data once more, after any earlier values', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ depthSize: 'medium' }), { minLength: 1, maxLength: 6 }), (given) => {
        const copier = createCopier('copy')
        for (const value of [...given, ...given]) {
          const copy = copier.copy(value)
          deepStrictEqual(copy, value)
          if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('distinguishes lists from objects with the same keys', () => {
    const copier = createCopier('copy')
    for (const value of [{ 0: 'a' }, ['a'], { 0: 'a' }, { a: { 0: 1 } }, { a: [1] }])
      deepStrictEqual(copier.copy(value), value)
  })
})
