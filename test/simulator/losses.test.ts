import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { MOST_LOSSES } from '../../src/simulator/losses.ts'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

/** Runs a processor that emits these values, one after the other, and returns what was lost. */
async function lossesOf(...values: unknown[]): Promise<string[]> {
  const a = (_: unknown, context: Context) => {
    for (const value of values) context.emit('x', value)
  }
  const { losses, summary } = await runTopology({ processors: { a } }, { a: 1 })
  expect(summary).toMatchObject({ emitted: { a: values.length }, failed: 0 })
  return losses.map(({ from, path, what }) => `${from}: ${path} ${what}`)
}

class Order {
  id = 1
  #total = 2
  total() {
    return this.#total
  }
}

describe('a value that JSON changes', () => {
  it.each<[string, unknown, string]>([
    ['a Map', new Map([[1, 2]]), 'is a Map and arrives as {}'],
    ['a Set', new Set([1]), 'is a Set and arrives as {}'],
    ['a subclass of Map', new (class Cache extends Map {})(), 'is a Cache and arrives as {}'],
    ['a promise', Promise.resolve(1), 'is a Promise and arrives as {}'],
    ['a regular expression', /x/, 'is a RegExp and arrives as {}'],
    ['an error', new TypeError('no'), 'is a TypeError and arrives as {}'],
    [
      'an error with a code',
      Object.assign(new Error('no'), { code: 'E' }),
      'is an Error and arrives as plain data: its methods, hidden and private fields are left out',
    ],
    ['bytes', new Uint8Array(2), 'is a Uint8Array and arrives as an object with a field for each element'],
    ['a buffer of bytes', new ArrayBuffer(2), 'is an ArrayBuffer and arrives as {}'],
    ['headers', new Headers(), 'is a Headers and arrives as {}'],
    [
      'an instance',
      new Order(),
      'is an Order and arrives as plain data: its methods, hidden and private fields are left out',
    ],
    [
      'an instance without fields',
      new (class Empty {
        run() {}
      })(),
      'is an Empty and arrives as {}',
    ],
    ['NaN', Number.NaN, 'is NaN and arrives as null'],
    ['minus infinity', Number.NEGATIVE_INFINITY, 'is -Infinity and arrives as null'],
    ['a boxed NaN', new Number(Number.NaN), 'is NaN and arrives as null'],
    ['an invalid date', new Date(Number.NaN), 'is an invalid Date and arrives as null'],
    ['a function', () => 1, 'is a function and is left out'],
    ['a symbol', Symbol('s'), 'is a symbol and is left out'],
    ['a Map of another realm', runInNewContext('new Map()'), 'is a Map and arrives as {}'],
  ])('is found: %s', async (_, value, what) => {
    const nested = { when: { set: value, at: new Date(0) } }
    expect(await lossesOf(nested)).toEqual([`emit of "x" of "a": data.when.set ${what}`])
    // Also where the shape of earlier values was learned.
    expect(await lossesOf({ when: { set: 1, at: 'x' } }, nested, nested)).toHaveLength(1)
    const list = await lossesOf({ list: [{ id: 1 }, value] })
    expect(list).toEqual([`emit of "x" of "a": data.list[1] ${what.replace('is left out', 'arrives as null')}`])
    // A function as the only data is the callback of an emit without data.
    if (typeof value === 'function') return
    const alone = what.replace('is left out', 'arrives as undefined')
    expect(await lossesOf(value)).toEqual([`emit of "x" of "a": the data ${alone}`])
  })

  it('is found if a list has a hole', async () => {
    expect(await lossesOf({ ids: [1, undefined] }, Array(2))).toEqual([
      'emit of "x" of "a": data.ids[1] is undefined and arrives as null',
      'emit of "x" of "a": data[0] is undefined and arrives as null',
    ])
  })

  it('is found in an event of the input', async () => {
    const { losses } = await runTopology({ processors: { a: () => {} } }, { a: { ids: new Set([1]) } })
    expect(losses).toMatchObject([{ from: 'input of "a"', path: 'data.ids', what: 'is a Set and arrives as {}' }])
  })

  it('is reported once for each processor, topic and path, for any index', async () => {
    const list = { list: [{ at: Number.NaN }, { at: Number.NaN }] }
    expect(await lossesOf(list, list, { list: [1, 2, { at: Number.NaN }] })).toHaveLength(1)
    const emitTwo = (_: unknown, context: Context) => {
      context.emit('x', new Set())
      context.emit('y', new Set())
    }
    const { losses } = await runTopology({ processors: { a: emitTwo, b: emitTwo } }, { a: 1, b: 1 })
    expect(losses.map(({ from }) => from)).toEqual(
      ['a', 'b'].flatMap((name) => ['x', 'y'].map((topic) => `emit of "${topic}" of "${name}"`)),
    )
  })

  it('is reported at a bounded number of places', async () => {
    const values = Array.from({ length: 3 * MOST_LOSSES }, (_, index) => ({ [`k${index}`]: new Map() }))
    expect(await lossesOf(...values)).toHaveLength(MOST_LOSSES)
  })

  it('is reported if a getter or toJSON made it, without calling them again', async () => {
    let calls = 0
    const converted = { toJSON: () => ({ calls: ++calls, set: new Set() }) }
    const got = {
      get set() {
        calls++
        return new Set()
      },
    }
    expect(await lossesOf({ converted })).toEqual([
      'emit of "x" of "a": the data holds something that JSON changes, made by a getter or toJSON',
    ])
    expect(await lossesOf({ got })).toHaveLength(1)
    expect(calls).toBe(2)
  })
})

describe('a value that JSON does not change', () => {
  it.each<[string, unknown]>([
    ['a date', { at: new Date(0) }],
    ['a value with toJSON', { at: { toJSON: () => null } }],
    ['a URL', { url: new URL('https://example.com') }],
    ['a Buffer', { bytes: Buffer.from('x') }],
    ['an absent field', { a: undefined, b: 1 }],
    ['no data', undefined],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: [{ b: 1 }] })')],
    [
      'an instance with fields alone',
      new (class Point {
        x = 1
      })(),
    ],
    ['a boxed text', new String('x')],
    ['a proxy', new Proxy({ a: 1 }, {})],
  ])('is not told of: %s', async (_, value) => {
    expect(await lossesOf(value, value)).toEqual([])
  })
})
