import { syncBuiltinESMExports } from 'node:module'

/** Variables by name. */
export type Variables = Record<string, string | undefined>

/** The object with the environment that code reads: `process`. */
export interface EnvironmentOwner {
  env: Variables
}

/** How `process.env` behaves for code. */
export interface EnvironmentView {
  /** Returns the variables of the code that runs now. Undefined: those of the process. */
  readonly variables?: () => Variables | undefined
  /** Is called when code reads a variable by its name, and not when it lists all of them. A stack begins behind `caller`. */
  readonly onRead?: (name: string, caller: CallableFunction) => void
  /** Is called when code sets a variable. */
  readonly onWrite?: (name: string) => void
}

interface Opened {
  /** The variables of the process. */
  readonly real: Variables
  readonly descriptor: PropertyDescriptor
  readonly views: EnvironmentView[]
}

const opened = new WeakMap<EnvironmentOwner, Opened>()

/**
 * Redirects all uses of `owner.env` to a view, also by code that stores the object or imports it. If several views are
 * open, the last one that has variables decides. Views may be closed in any order; then `owner.env` is restored.
 */
export function openView(owner: EnvironmentOwner, view: EnvironmentView): { close(): void } {
  const known = opened.get(owner)
  const { real, descriptor, views } = known ?? {
    ...{ real: owner.env, views: [] },
    descriptor: Object.getOwnPropertyDescriptor(owner, 'env')!,
  }
  views.push(view)
  if (known === undefined) {
    opened.set(owner, { real, descriptor, views })
    redefine(owner, { value: standIn(real, views), configurable: true, enumerable: true, writable: true })
  }
  return {
    close() {
      const index = views.indexOf(view)
      if (index >= 0) views.splice(index, 1)
      if (index < 0 || views.length > 0) return
      opened.delete(owner)
      redefine(owner, descriptor)
    },
  }
}

/** Modules may have imported the environment by its name from `node:process`. */
function redefine(owner: EnvironmentOwner, descriptor: PropertyDescriptor): void {
  Object.defineProperty(owner, 'env', descriptor)
  syncBuiltinESMExports()
}

/** Properties that the language reads of any object: JSON.stringify, await. */
const ASKED: ReadonlySet<string> = new Set(['toJSON', 'then'])

function standIn(real: Variables, views: readonly EnvironmentView[]): Variables {
  const listing = followListing()
  const current = () => {
    for (let index = views.length - 1; index >= 0; index--) {
      const variables = views[index]!.variables?.()
      if (variables !== undefined) return variables
    }
    return real
  }
  return new Proxy(real, {
    get: function get(_, name) {
      const isListed = listing.isRead(name)
      if (typeof name === 'string' && !isListed && !(name in Object.prototype) && !ASKED.has(name)) {
        for (const { onRead } of views) onRead?.(name, get)
      }
      return Reflect.get(current(), name)
    },
    set(_, name, value) {
      for (const { onWrite } of views) if (typeof name === 'string') onWrite?.(name)
      const variables = current()
      // Node refuses a symbol as a name, and makes text of all values.
      if (variables === real || typeof name === 'symbol') return Reflect.set(real, name, value)
      return Reflect.set(variables, name, `${value}`)
    },
    has: (_, name) => Reflect.has(current(), name),
    deleteProperty: (_, name) => Reflect.deleteProperty(current(), name),
    defineProperty(_, name, descriptor) {
      const variables = current()
      for (const { onWrite } of views) if (typeof name === 'string') onWrite?.(name)
      // If Node refuses the definition, it throws its usual error.
      if (variables === real || typeof name === 'symbol' || !isDefinable(descriptor))
        return Reflect.defineProperty(real, name, descriptor)
      return Reflect.defineProperty(variables, name, { ...descriptor, value: `${descriptor.value}` })
    },
    getOwnPropertyDescriptor(_, name) {
      listing.describe(name)
      return Reflect.getOwnPropertyDescriptor(current(), name)
    },
    ownKeys() {
      const names = Reflect.ownKeys(current())
      listing.begin(names)
      return names
    },
  })
}

/**
 * Distinguishes reads that are part of listing all variables from reads by name. The language specifies the steps. A
 * spread, Object.entries and the like describe a name and read it, then the next name. JSON.stringify reads `toJSON`,
 * describes all names, then reads all. Object.keys only describes, so later reads are by name.
 */
function followListing() {
  let names: readonly PropertyKey[] = []
  /** The index of the name that JSON.stringify reads next. */
  let next = 0
  let isJson = false
  let described: PropertyKey | undefined
  const end = () => {
    names = []
    isJson = false
    described = undefined
  }
  return {
    begin(all: readonly PropertyKey[]) {
      if (names.length === 0) queueMicrotask(end)
      names = all
      next = 0
      described = undefined
    },
    describe(name: PropertyKey) {
      if (isJson || names.length === 0) return
      if (described === undefined) described = name
      else end()
    },
    /** Call it for each read. Returns whether the read is part of a listing. */
    isRead(name: PropertyKey): boolean {
      const isPart = name === (isJson ? names[next] : described)
      if (isPart) {
        next++
        described = undefined
      }
      if (isPart ? name === names.at(-1) : isJson) end()
      if (name === 'toJSON') isJson = true
      return isPart
    },
  }
}

/** Whether Node's environment accepts a descriptor. */
function isDefinable(descriptor: PropertyDescriptor): boolean {
  const { configurable, enumerable, writable } = descriptor
  return 'value' in descriptor && configurable === true && enumerable === true && writable === true
}

interface Lent {
  readonly original: string | undefined
  readonly values: { readonly value: string }[]
}

const lent = new WeakMap<Variables, Map<string, Lent>>()

/**
 * Sets variables of the process until the returned function is called, which restores their values. If several callers
 * lend the same variable, the last one decides; they may end in any order.
 */
export function lendVariables(owner: EnvironmentOwner, variables: Readonly<Record<string, string>>): () => void {
  const env = opened.get(owner)?.real ?? owner.env
  const all = lent.get(env) ?? new Map<string, Lent>()
  lent.set(env, all)
  const own = Object.entries(variables).map(([name, value]) => {
    const one = all.get(name) ?? { original: env[name], values: [] }
    const given = { value }
    all.set(name, one)
    // Code may have set the variable since it was lent with this value.
    if (one.values.at(-1)?.value !== value) env[name] = value
    one.values.push(given)
    return { name, one, given }
  })
  return () => {
    for (const { name, one, given } of own.splice(0)) {
      const before = one.values.at(-1)?.value
      one.values.splice(one.values.indexOf(given), 1)
      if (one.values.length === 0) all.delete(name)
      const last = one.values.at(-1)?.value
      if (last !== before) setVariable(env, name, last ?? one.original)
    }
  }
}

/** Returns the variables of the process without those that {@link lendVariables} has set. */
export function ownVariables(owner: EnvironmentOwner): Variables {
  const env = opened.get(owner)?.real ?? owner.env
  const originals = [...(lent.get(env) ?? [])].map(([name, { original }]) => [name, original])
  return { ...env, ...Object.fromEntries(originals) }
}

/** Returns a function that makes the variables of the process again what they are now. */
export function keepVariables(owner: EnvironmentOwner): () => void {
  const env = opened.get(owner)?.real ?? owner.env
  const kept: Variables = { ...env }
  return () => {
    for (const name of new Set([...Object.keys(env), ...Object.keys(kept)])) {
      if (env[name] !== kept[name]) setVariable(env, name, kept[name])
    }
  }
}

function setVariable(env: Variables, name: string, value: string | undefined): void {
  if (value === undefined) delete env[name]
  else env[name] = value
}
