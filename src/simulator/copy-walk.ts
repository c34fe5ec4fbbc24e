import { types } from 'node:util'
import { MOST_DEPTH, TOO_DEEP } from '../runtime/depth.ts'
import { isInstance } from './instance.ts'

const { keys: keysOf, defineProperty, setPrototypeOf, prototype: OBJECT } = Object
const { isArray } = Array
const { apply } = Reflect
const { parse } = JSON
const { isBoxedPrimitive, isNumberObject, isStringObject, isBooleanObject } = types
const booleanOf = Boolean.prototype.valueOf
/** Absent before Node 21. */
const isRawJSON = (JSON as { isRawJSON?: (value: unknown) => boolean }).isRawJSON ?? (() => false)

/** Whether a program added enumerable fields to Object.prototype: objects then seem to have keys that are not theirs. */
export function hasForeignKeys(): boolean {
  for (const _ in EMPTY) return true
  return false
}

const EMPTY = {}

/**
 * Counts an upper bound of the JSON bytes of copies, objects that a compiled copier did not expect, and values that JSON
 * changes.
 */
export const tally = { bytes: 0, misses: 0, losses: 0 }

/** A character may become `\\u0000`. */
export const CHARACTER_BYTES = 6
/** Enough for `-1.2345678901234567e+100,`. */
export const SCALAR_BYTES = 26
/** JSON.stringify refuses a text that is too long for a string. A copy is refused, too, before it fills the memory. */
const MOST_BYTES = 2 ** 30
/** A list may have a large length and no elements. */
const MOST_ELEMENTS = 2 ** 26

/**
 * The source of copied values. Values of a handler may contain anything. A `copy` is plain data that no other code can
 * change, so little of it needs a check, and its bytes are not counted.
 */
export type CopySource = 'handler' | 'copy'

/** The objects that hold a value, from the inside out, as far as they are known. */
export interface Holders {
  readonly holder: object | undefined
  readonly above: Holders | undefined
  /** How many they are. */
  readonly depth: number
}

/** Returns a number of unspecified holders. */
export function unknownHolders(depth: number): Holders {
  return { holder: undefined, above: undefined, depth }
}

/** The name of a field, or the index of an element: what JSON.stringify calls toJSON with. */
export type Key = string | number

/**
 * Returns what JSON makes of a value: undefined for what it leaves out. Does the same steps as JSON.stringify, so that
 * getters, proxies and toJSON notice no difference. Source: ECMAScript, SerializeJSONProperty, read 2026-11-28.
 */
export function copyAny(value: unknown, key: Key, above?: Holders): unknown {
  switch (typeof value) {
    case 'object':
      if (value !== null) {
        const { toJSON } = value as Partial<Convertible>
        // Not by copyConverted, since each call on the way takes room of the stack.
        if (typeof toJSON === 'function') return copyConverted(value, key, toJSON, above)
        return isArray(value) ? copyArray(value, enter(value, above)) : copyPlain(value, enter(value, above))
      }
      break
    case 'bigint':
    case 'function':
      return copyConverted(value, key, (value as Partial<Convertible>).toJSON, above)
  }
  return copyScalar(value)
}

interface Convertible {
  readonly toJSON: unknown
}

/** Copies a value whose `toJSON` was read. */
export function copyConverted(value: unknown, key: Key, toJSON: unknown, above?: Holders): unknown {
  const form: unknown = typeof toJSON === 'function' ? apply(toJSON, value, [`${key}`]) : value
  if (typeof form === 'object' && form !== null) return copyObject(form, above)
  if (form === null && types.isDate(value)) tally.losses++
  return copyScalar(form)
}

function copyScalar(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      tally.bytes += value.length * CHARACTER_BYTES + 3
      return value
    case 'number':
      tally.bytes += SCALAR_BYTES
      if (value - value === 0) return value + 0
      tally.losses++
      return null
    case 'boolean':
      tally.bytes += SCALAR_BYTES
      return value
    case 'object':
      tally.bytes += SCALAR_BYTES
      return null
    case 'bigint':
      throw new TypeError('Do not know how to serialize a BigInt')
    default:
      if (value !== undefined) tally.losses++
      return undefined
  }
}

/** Copies an object without calling `toJSON` on it. */
export function copyObject(value: object, above?: Holders): unknown {
  return isArray(value) ? copyArray(value, enter(value, above)) : copyPlain(value, enter(value, above))
}

function enter(holder: object, above: Holders | undefined): Holders {
  for (let each = above; each !== undefined; each = each.above)
    if (each.holder === holder) throw new TypeError('Converting circular structure to JSON')
  const depth = above === undefined ? 1 : above.depth + 1
  if (depth > MOST_DEPTH) throw new RangeError(`the data ${TOO_DEEP}`)
  return { holder, above, depth }
}

function copyPlain(value: object, holders: Holders): unknown {
  if (isBoxedPrimitive(value)) return copyBoxed(value, holders)
  const keys = keysOf(value)
  if (keys.length === 1 && keys[0] === 'rawJSON' && isRawJSON(value)) return copyRaw(value as { rawJSON: string })
  if (isInstance(value)) tally.losses++
  const copied = emptyFor(keys)
  tally.bytes += 2
  copyFields(value as Record<string, unknown>, keys, { copied, from: 0, holders })
  return asPlain(copied, keys)
}

/**
 * Returns an object for these fields. V8 adds a field to a wide object four times faster if it has no prototype; it gets that by
 * {@link asPlain}.
 */
function emptyFor({ length }: readonly string[]): Record<string, unknown> {
  return length > MOST_FAST_FIELDS ? ({ __proto__: null } as unknown as Record<string, unknown>) : {}
}

function asPlain(copied: object, { length }: readonly string[]): object {
  return length > MOST_FAST_FIELDS ? setPrototypeOf(copied, OBJECT) : copied
}

/** V8 keeps the fields of objects with more in a hash table in any case. */
const MOST_FAST_FIELDS = 128

interface FieldsLeft {
  readonly copied: Record<string, unknown>
  /** The index of the first key that was not read. */
  readonly from: number
  readonly holders: Holders
}

function copyFields(value: Record<string, unknown>, keys: readonly string[], { copied, from, holders }: FieldsLeft) {
  for (let index = from; index < keys.length; index++) {
    const key = keys[index]!
    const item = copyAny(value[key], key, holders)
    if (item !== undefined) addField(copied, key, item)
  }
  return copied
}

/** Continues with an object whose fields before `index` were copied, and whose field there is left out. */
export function copyRest(
  value: object,
  keys: readonly string[],
  { before, holders }: { readonly before: readonly unknown[]; readonly holders: Holders },
): unknown {
  const index = before.length
  const copied: Record<string, unknown> = {}
  tally.bytes += 2
  for (let place = 0; place < index; place++) {
    const item = before[place]
    if (typeof item !== 'object' || item === null) copyScalar(item)
    addField(copied, keys[place]!, item)
  }
  return copyFields(value as Record<string, unknown>, keys, { copied, from: index + 1, holders })
}

function addField(copied: Record<string, unknown>, key: string, item: unknown): void {
  tally.bytes += key.length * CHARACTER_BYTES + 4
  if (tally.bytes > MOST_BYTES) throw lengthError()
  putField(copied, key, item)
}

function putField(copied: Record<string, unknown>, key: string, item: unknown): void {
  // An inherited property (`__proto__`, or one added to Object.prototype) could be a setter.
  if (key in copied) defineProperty(copied, key, { __proto__: null, value: item, ...OWN } as PropertyDescriptor)
  else copied[key] = item
}

const OWN = { writable: true, enumerable: true, configurable: true }

function copyArray(value: readonly unknown[], holders: Holders): unknown[] {
  const copied: unknown[] = []
  const length = lengthOf(value)
  tally.bytes += 2
  for (let index = 0; index < length; index++) {
    addElement(copied, index, copyAny(value[index], index, holders))
  }
  return copied
}

/** Makes a copier of lists with `depth` holders, whose objects are copied by `copyElement`; other elements are walked. */
export function listCopier(
  copyElement: (element: object, key: Key) => unknown,
  depth: number,
): (list: object, key: Key) => unknown {
  const [above, holders] = [unknownHolders(depth), unknownHolders(depth + 1)]
  return (list, key) => {
    if (!isArray(list)) return copyAny(list, key, above)
    const toJSON: unknown = (list as Partial<Convertible>).toJSON
    if (typeof toJSON === 'function') return copyConverted(list, key, toJSON, above)
    const copied: unknown[] = []
    const length = lengthOf(list)
    tally.bytes += 2
    for (let index = 0; index < length; index++) {
      const element: unknown = list[index]
      const isObject = typeof element === 'object' && element !== null
      addElement(copied, index, isObject ? copyElement(element, index) : copyAny(element, index, holders))
    }
    return copied
  }
}

function addElement(copied: unknown[], index: number, item: unknown): void {
  tally.bytes += item === undefined ? SCALAR_BYTES : 1
  if (tally.bytes > MOST_BYTES) throw lengthError()
  if (item !== undefined) copied[index] = item
  else {
    copied[index] = null
    tally.losses++
  }
}

/** Copies a copy: plain data. Nothing is converted or counted again. */
export function copyAgain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) return copyListAgain(value, copyAgain)
  const keys = keysOf(value)
  const copied = emptyFor(keys)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    putField(copied, key, copyAgain((value as Record<string, unknown>)[key]))
  }
  return asPlain(copied, keys)
}

function copyListAgain(list: readonly unknown[], copyElement: (element: unknown) => unknown): unknown[] {
  const copied: unknown[] = []
  for (let index = 0; index < list.length; index++) copied[index] = copyElement(list[index])
  return copied
}

/** As {@link listCopier}, for values that are copies already. */
export function copiedListCopier(copyElement: (element: object) => unknown): (list: object) => unknown {
  const copyOne = (element: unknown) =>
    typeof element === 'object' && element !== null ? copyElement(element) : element
  return (list) => (isArray(list) ? copyListAgain(list, copyOne) : copyAgain(list))
}

/** A proxy may return any length. Source: ECMAScript, ToLength. */
function lengthOf({ length }: readonly unknown[]): number {
  const whole = length >>> 0 === length ? length : Math.max(0, Math.trunc(+length) || 0)
  if (whole > MOST_ELEMENTS) throw lengthError()
  return whole
}

function copyBoxed(value: object, holders: Holders): unknown {
  if (isNumberObject(value)) return copyScalar(+(value as unknown as number))
  if (isStringObject(value)) return copyScalar(`${value as unknown as string}`)
  if (isBooleanObject(value)) return copyScalar(apply(booleanOf, value, []))
  if (types.isBigIntObject(value)) return copyScalar(0n)
  // A symbol is an object without fields, unless code added some.
  const copied: Record<string, unknown> = {}
  tally.bytes += 2
  return copyFields(value as Record<string, unknown>, keysOf(value), { copied, from: 0, holders })
}

function copyRaw({ rawJSON }: { readonly rawJSON: string }): unknown {
  tally.bytes += rawJSON.length * CHARACTER_BYTES
  return parse(rawJSON)
}

function lengthError(): RangeError {
  return new RangeError('Invalid string length')
}
