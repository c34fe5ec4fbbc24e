import fc from 'fast-check'

/** Makes an odd value, the same each time, whose code writes to `log` when it is called. */
export type Odd = (log: string[]) => unknown

/** A specification of one object: how each field is there, what its prototype is, and how it is converted. */
interface OddObject {
  readonly fields: readonly (readonly [key: string, how: How, value: Odd])[]
  readonly kind: 'plain' | 'null' | 'instance' | 'inherits' | 'list' | 'sparse' | 'subclass'
  readonly convert: 'no' | 'own' | 'inherited' | 'getter' | 'not a function' | 'to this'
  readonly proxied: boolean
}

type How = 'data' | 'data' | 'getter' | 'hidden' | 'symbol' | 'deletes' | 'shrinks'

class Instance {
  own = 1
  get computed() {
    return 2
  }
}
class List extends Array {}

const RAW = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON

/** Whether this Node has `JSON.rawJSON`. */
export const HAS_RAW_JSON = RAW !== undefined

const scalars = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom<unknown>('a', '\uD800', 0, 1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, true, null, undefined),
)
const builtins: fc.Arbitrary<Odd> = fc.constantFrom<Odd>(
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => /x/g,
  () => new Error('e'),
  () => new Uint8Array(2),
  () => Buffer.from('b'),
  () => new URL('http://a/'),
  () => Symbol('s'),
  () => Object(Symbol('s')),
  () => Object.assign(Object(Symbol('s')), { a: 1 }),
  () => () => 1,
  () => Object.assign(() => 1, { a: 1, toJSON: (key: string) => `function ${key}` }),
  () => new Proxy(() => 1, {}),
  () => new Number(3),
  () => Object.assign(new Number(Number.NaN), { a: 1 }),
  () => new Boolean(false),
  () => Object.assign(new Boolean(true), { valueOf: () => false }),
  () => new String('\uDC00'),
  () => Object.setPrototypeOf(new String('ab'), null),
  () => Object.setPrototypeOf(Object.assign(new Boolean(true), { a: 1 }), null),
  (log) => Object.assign(new Number(3), { valueOf: () => log.push('valueOf') }),
  (log) => Object.assign(new String('s'), { toString: () => `${log.push('toString')}`, a: 'b' }),
  () => new Proxy(new Number(3), {}),
  () => new Proxy(new Array(2), { get: (list, key) => (key === 'length' ? 2.7 : Reflect.get(list, key)) }),
  ...(RAW === undefined ? [] : ['1e2', '"text"', 'null', '12345678901234567890'].map((text) => () => RAW(text))),
  ...(RAW === undefined ? [] : [() => new Proxy(RAW('1') as object, {})]),
)
const failing: fc.Arbitrary<Odd> = fc.constantFrom<Odd>(
  () => 1n,
  () => Object(1n),
  () => ({
    get a() {
      throw new RangeError('thrown by a getter')
    },
  }),
  () => ({
    toJSON() {
      throw 'thrown by toJSON'
    },
  }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  () => {
    const cycle: { list: unknown[] } = { list: [] }
    cycle.list.push([cycle])
    return cycle
  },
)
const keys = fc.constantFrom('a', 'b', 'c', '0', '1', '7', '__proto__', 'constructor', 'length', 'rawJSON')

const { value } = fc.letrec<{ value: Odd; object: Odd }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      arbitrary: scalars.map(
        (one): Odd =>
          () =>
            one,
      ),
      weight: 4,
    },
    { arbitrary: builtins, weight: 3 },
    { arbitrary: failing, weight: 1 },
    { arbitrary: tie('object'), weight: 8 },
  ),
  object: fc
    .record<OddObject>({
      fields: fc.uniqueArray(
        fc.tuple(
          keys,
          fc.constantFrom<How>('data', 'data', 'data', 'getter', 'getter', 'hidden', 'symbol', 'deletes', 'shrinks'),
          tie('value'),
        ),
        { selector: ([key]) => key, maxLength: 4 },
      ),
      kind: fc.constantFrom('plain', 'plain', 'plain', 'null', 'instance', 'inherits', 'list', 'sparse', 'subclass'),
      convert: fc.constantFrom('no', 'no', 'no', 'no', 'own', 'inherited', 'getter', 'not a function', 'to this'),
      proxied: fc.constantFrom(false, false, true),
    })
    .map(
      (spec): Odd =>
        (log) =>
          makeObject(spec, log),
    ),
}))

/** Odd values of all kinds: getters, proxies, toJSON, boxed primitives, instances, sparse lists. */
export const oddValue: fc.Arbitrary<Odd> = value

function makeObject({ fields, kind, convert, proxied }: OddObject, log: string[]): unknown {
  const object = emptyObject(kind)
  for (const [key, how, make] of fields) addField(object, key, how, make, log)
  addToJSON(object, convert, log)
  return proxied ? new Proxy(object, loggingTraps(log)) : object
}

function emptyObject(kind: OddObject['kind']): object {
  if (kind === 'null') return Object.create(null)
  if (kind === 'instance') return new Instance()
  if (kind === 'inherits') return Object.create({ inherited: 1, a: 2 })
  if (kind === 'list') return ['first', { a: 1 }]
  if (kind === 'sparse') return Object.assign(new Array(3), { 2: 'last' })
  if (kind === 'subclass') return List.from([1, { a: 1 }])
  return {}
}

function addField(object: object, key: string, how: How, make: Odd, log: string[]): void {
  const made = make(log)
  const own = { configurable: true, enumerable: how !== 'hidden' }
  if (Array.isArray(object) && key === 'length') return
  if (how === 'symbol') Object.assign(object, { [Symbol(key)]: made })
  else if (how === 'data' || how === 'hidden')
    Object.defineProperty(object, key, { ...own, writable: true, value: made })
  else
    Object.defineProperty(object, key, {
      ...own,
      get() {
        log.push(`get ${key}`)
        if (how === 'deletes') for (const other of ['b', '1', 'own']) delete (object as Record<string, unknown>)[other]
        if (how === 'shrinks' && Array.isArray(object)) object.length = 1
        return made
      },
    })
}

function addToJSON(object: object, convert: OddObject['convert'], log: string[]): void {
  function toJSON(this: unknown, key: string) {
    log.push(`toJSON ${key} ${this === object}`)
    return convert === 'to this' ? this : { converted: key, toJSON: () => 'again' }
  }
  const own = { configurable: true, enumerable: true }
  if (convert === 'own' || convert === 'to this') Object.defineProperty(object, 'toJSON', { ...own, value: toJSON })
  if (convert === 'not a function') Object.defineProperty(object, 'toJSON', { ...own, value: 'text' })
  if (convert === 'inherited' && Object.getPrototypeOf(object) !== null) {
    Object.setPrototypeOf(object, Object.create(Object.getPrototypeOf(object), { toJSON: { value: toJSON } }))
  }
  if (convert === 'getter') {
    const get = () => {
      log.push('get toJSON')
      return toJSON
    }
    Object.defineProperty(object, 'toJSON', { ...own, get })
  }
}

/** Traps of every kind, each of which is noted with the key that it is for. */
function loggingTraps(log: string[]): ProxyHandler<object> {
  return new Proxy(
    {},
    {
      get:
        (_, trap) =>
        (...args: unknown[]) => {
          log.push(`${String(trap)} ${typeof args[1] === 'string' ? args[1] : ''}`)
          return (Reflect as unknown as Record<string | symbol, (...all: unknown[]) => unknown>)[trap]!(...args)
        },
    },
  )
}
