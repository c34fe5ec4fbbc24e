import { isDeepStrictEqual } from 'node:util'

const first = (value: unknown) => value
const isB = (value: unknown) => value === 'b'

/** Values of each kind that has methods, made anew for each call, since a method may change them. */
const VALUES: Readonly<Record<string, () => readonly unknown[]>> = {
  Object: () => [{ b: 1 }, [1], 'b'],
  Function: () => [first],
  Array: () => [[3, 1, 2, 10], ['b', 'a', 'b', ''], [[1], [2, 3]], []],
  String: () => ['b a,b', ' B ', ''],
  Number: () => [12.5, 3],
  RegExp: () => [/b/g, /(a)/],
  Map: () => [
    new Map<unknown, unknown>([
      ['b', 1],
      [first, 2],
    ]),
  ],
  Set: () => [new Set<unknown>(['b', first])],
  WeakMap: () => [new WeakMap([[first, 1]])],
  Promise: () => [Promise.resolve(1)],
  Date: () => [new Date(0)],
  Error: () => [new RangeError('b')],
  Buffer: () => [Buffer.from('b a')],
}

const ARGUMENTS = (): readonly (readonly unknown[])[] => [
  [],
  ['b'],
  [1],
  [first],
  [isB, 0],
  ['b', 'c'],
  [0, 1],
  [/b/g, 'c'],
  [undefined, ['b']],
  [first, 'c'],
]

/**
 * Whether a built-in method and its replacement return the same for a few values. True if there is no value to try it
 * with.
 */
export function isAlike(kind: string, was: PropertyDescriptor, now: PropertyDescriptor | undefined): boolean {
  const before: unknown = was.get ?? was.value
  const after: unknown = was.get === undefined ? now?.value : now?.get
  if (typeof before !== 'function' || typeof after !== 'function') return false
  const values = VALUES[kind] ?? (() => [])
  return values().every((_, index) =>
    ARGUMENTS().every((_, at) => {
      const [was, is] = [before, after].map((call) => resultOf(call, values()[index], ARGUMENTS()[at]!))
      return was === THROWN || isDeepStrictEqual(was, is)
    }),
  )
}

/** The result of a call that throws. Such calls are not compared, because no code makes them. */
const THROWN = 'thrown'

/** Returns the result of a call, and the state of its value afterwards. */
function resultOf(call: CallableFunction, value: unknown, args: readonly unknown[]): unknown {
  try {
    const given: unknown = Reflect.apply(call, value, args)
    return [plain(given), plain(value), given === value]
  } catch {
    return THROWN
  }
}

const THENABLE = 'thenable'

/** Returns a comparable form of a result: the items of an iterator, and the result of a returned function. */
function plain(given: unknown): unknown {
  if (typeof given === 'function') return given === first || given === isB ? given : [given('b')]
  const { next, then } = Object(given)
  if (typeof then === 'function') {
    // Promises of a library have `then`, too. Without this, their rejections would be unhandled.
    ;(given as PromiseLike<unknown>).then(first, first)
    return THENABLE
  }
  return typeof next === 'function' ? itemsOf(given as Iterator<unknown>) : given
}

/** More items than an iterator over any of the values has. */
const MOST_ITEMS = 20

function itemsOf(iterator: Iterator<unknown>): readonly unknown[] {
  const items: unknown[] = []
  for (let step = iterator.next(); !step.done && items.length < MOST_ITEMS; step = iterator.next())
    items.push(step.value)
  return items
}
