import { types } from 'node:util'

const { getPrototypeOf } = Object
const { ownKeys } = Reflect

/**
 * Whether an object has methods or accessors of a class, which JSON leaves out, as a Map has. Objects of another realm are plain,
 * too. Returns false for a proxy, which would notice the question.
 */
export function isInstance(value: object): boolean {
  if (types.isProxy(value)) return false
  const prototype = getPrototypeOf(value) as object | null
  if (prototype === Object.prototype || prototype === null) return false
  let known = KNOWN.get(prototype)
  if (known === undefined) {
    known = hasMembers(prototype)
    KNOWN.set(prototype, known)
  }
  return known
}

/** By prototype. */
const KNOWN = new WeakMap<object, boolean>()

/** Returns false for the `Object.prototype` of any realm, which has no prototype. */
function hasMembers(prototype: object): boolean {
  if (types.isProxy(prototype)) return false
  const above = getPrototypeOf(prototype) as object | null
  if (above === null) return false
  return ownKeys(prototype).some((key) => key !== 'constructor') || hasMembers(above)
}
