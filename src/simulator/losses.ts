import { types } from 'node:util'
import { pathStep } from '../runtime/refusal.ts'
import { isInstance } from './instance.ts'

/** A value that arrived differently from how it was emitted, at one place. */
export interface Loss {
  /** `emit of "x" of "a"` or `input of "a"`. */
  readonly from: string
  /** `data.list[0].when`, or `the data`. */
  readonly path: string
  /** `is a Map and arrives as {}`. */
  readonly what: string
  readonly remedy: string
}

/** The values that JSON changed in a run. Each place is listed once, whatever the index in its path. */
export interface Losses {
  /** Makes the function that looks through data of one origin, after a copy of it lost something. */
  of(from: string): (data: unknown) => void
  /** In the order in which they were found. */
  readonly all: readonly Loss[]
}

/** The most places that are listed. */
export const MOST_LOSSES = 10
/** The most times that the data of one origin is looked through. */
const MOST_LOOKS = 100
/** The most values that are looked at in one datum. */
const MOST_SEEN = 100_000

/** Makes an empty list of losses. */
export function openLosses(): Losses {
  const all: Loss[] = []
  const known = new Set<string>()
  const add = (from: string, { path, what, remedy }: Found) => {
    const place = JSON.stringify([from, path.replace(/\[\d+\]/g, '[]')])
    if (known.has(place) || all.length === MOST_LOSSES) return
    known.add(place)
    all.push({ from, path: path === '' ? 'the data' : `data${path}`, what, remedy })
  }
  return {
    all,
    of(from) {
      let looks = 0
      return (data) => {
        if (all.length === MOST_LOSSES || ++looks > MOST_LOOKS) return
        for (const found of findLosses(data)) add(from, found)
      }
    },
  }
}

interface Found {
  readonly path: string
  readonly what: string
  readonly remedy: string
}

/** What holds a value decides what becomes of it. */
type Holder = 'none' | 'object' | 'list'

const UNKNOWN: Found = {
  path: '',
  what: 'holds something that JSON changes, made by a getter or toJSON',
  remedy: 'Emit what JSON can carry.',
}

/** Looks through data without calling its code: getters, toJSON and proxies are passed over. */
function findLosses(data: unknown): readonly Found[] {
  const found: Found[] = []
  let seen = 0
  const look = (value: unknown, path: string, holder: Holder) => {
    if (++seen > MOST_SEEN || found.length === MOST_LOSSES) return
    const own = lossOf(value, holder)
    if (own !== undefined) found.push({ path, ...own })
    if (typeof value !== 'object' || value === null || types.isProxy(value) || 'toJSON' in value) return
    if (ArrayBuffer.isView(value)) return
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length && seen <= MOST_SEEN; index++) {
        look(dataOf(value, `${index}`), path + pathStep(value, `${index}`), 'list')
      }
    } else for (const key of Object.keys(value)) look(dataOf(value, key), path + pathStep(value, key), 'object')
  }
  look(data, '', 'none')
  return found.length === 0 ? [UNKNOWN] : found
}

/** Returns null for what a getter returns. */
function dataOf(value: object, key: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key)
  return descriptor?.get === undefined ? descriptor?.value : null
}

const WITHOUT: Readonly<Record<Holder, string>> = {
  none: 'arrives as undefined',
  object: 'is left out',
  list: 'arrives as null',
}

function lossOf(value: unknown, holder: Holder): Pick<Found, 'what' | 'remedy'> | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : numberLoss(value)
    case 'symbol':
    case 'function':
      if ('toJSON' in Object(value)) return undefined
      return { what: `is a ${typeof value} and ${WITHOUT[holder]}`, remedy: 'Emit data, not code.' }
    case 'undefined':
      if (holder !== 'list') return undefined
      return { what: 'is undefined and arrives as null', remedy: 'Emit null, or leave it out of the list.' }
    case 'object':
      return value === null ? undefined : objectLoss(value)
    default:
      return undefined
  }
}

function numberLoss(value: number) {
  return { what: `is ${value} and arrives as null`, remedy: 'Emit null or a text.' }
}

function objectLoss(value: object): Pick<Found, 'what' | 'remedy'> | undefined {
  if (types.isDate(value)) {
    if (!Number.isNaN(Date.prototype.getTime.call(value))) return undefined
    return { what: 'is an invalid Date and arrives as null', remedy: 'Check how it is parsed.' }
  }
  if (types.isNumberObject(value)) {
    const number = Number.prototype.valueOf.call(value)
    return Number.isFinite(number) ? undefined : numberLoss(number)
  }
  if (types.isBoxedPrimitive(value) || Array.isArray(value) || !isInstance(value) || 'toJSON' in value) return undefined
  const name = nameOf(value)
  const what = `is ${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name} and arrives as ${formOf(value)}`
  return { what, remedy: remedyOf(value) }
}

function nameOf(value: object): string {
  const named: unknown = (Object.getPrototypeOf(value) as { readonly constructor?: unknown }).constructor
  const name: unknown = typeof named === 'function' ? named.name : undefined
  return typeof name === 'string' && /^[\w$]{1,80}$/.test(name) ? name : 'instance of a class'
}

function formOf(value: object): string {
  if (types.isTypedArray(value)) return 'an object with a field for each element'
  if (Object.keys(value).length === 0) return '{}'
  return 'plain data: its methods, hidden and private fields are left out'
}

function remedyOf(value: object): string {
  if (types.isMap(value)) return 'Emit Object.fromEntries(map) or [...map].'
  if (types.isSet(value)) return 'Emit [...set].'
  if (types.isPromise(value)) return 'Await it first.'
  if (types.isNativeError(value)) return 'Emit its message.'
  if (types.isTypedArray(value)) return 'Emit [...array], or a text such as Base64.'
  if (types.isRegExp(value)) return 'Emit its source.'
  return 'Emit the fields that receivers need, or give the class a toJSON method.'
}
