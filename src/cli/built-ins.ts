import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { AttakError, errorOf, type Problem } from '../errors.ts'
import { calledByNode, cleanStack } from '../project/stack.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { colorsOf, drawProblems } from '../view/print.ts'
import { isAlike } from './samples.ts'
import type { Terminal } from './terminal.ts'

/** The functions that are built into JavaScript and Node, as they were before any code of a project ran. */
export interface BuiltIns {
  /**
   * Restores changed built-ins, and removes additions to `Object.prototype`. Returns the names of all that it ever
   * restored.
   */
  restore(): readonly string[]
  /** Does the same. Returns a problem for the methods that were replaced since the last call, which attak calls too. */
  takeProblems(): readonly Problem[]
  /** Whether methods that attak calls do something else now than before. Changes nothing. */
  areWrong(): boolean
}

interface Place {
  readonly owner: object
  readonly ownerName: string
  readonly key: string | symbol
  /** Undefined: the owner inherits it. */
  readonly was: PropertyDescriptor | undefined
  /** The kind of object that has this method, where attak calls it: `Array`. Other functions attak took at its start. */
  readonly kind: string | undefined
}

// Taken now, since a project may replace these, too.
const { getOwnPropertyDescriptor, defineProperty, getPrototypeOf, setPrototypeOf, isExtensible } = Object
const { ownKeys, deleteProperty } = Reflect

/**
 * Remembers the functions that attak and Node may call. Call it before any code of a project runs. It takes half a millisecond;
 * nothing is checked before `restore` is called.
 */
export function rememberBuiltIns(process: NodeJS.Process): BuiltIns {
  const places = placesOf(process)
  const objectKeys = new Set(ownKeys(Object.prototype))
  const names = new Set<string>()
  // attak and Node set fields of these. What is frozen cannot be put back.
  const freezable: readonly [string, object][] = [
    ['Error', Error],
    ['console', console],
    ['globalThis', globalThis],
    ['process', process],
  ]
  let replaced: readonly Change[] = []
  const restore = () => {
    const changed = putBack(places)
    const added = ownKeys(Object.prototype).filter((key) => !objectKeys.has(key))
    for (const key of added) deleteProperty(Object.prototype, key)
    for (const { place } of changed) names.add(nameOf(place))
    for (const key of added) names.add(`Object.prototype.${String(key)}`)
    // Whether it is frozen would call the getters of `globalThis`, which load parts of Node that cannot be added to it any more.
    for (const [name, object] of freezable) if (!isExtensible(object)) names.add(`${name} (frozen)`)
    replaced = [...replaced, ...changed.filter(isCalled)]
    return [...names]
  }
  return {
    restore,
    takeProblems() {
      restore()
      const taken = replaced
      replaced = []
      const wrong = taken.filter(isWrong)
      return wrong.length > 0 ? [problemOf(wrong, 'error')] : taken.length > 0 ? [problemOf(taken, 'warning')] : []
    },
    areWrong() {
      const changed = putBack(places)
      const found = changed.some((change) => isCalled(change) && isWrong(change))
      // Nothing may be called as a method here.
      for (let index = 0; index < changed.length; index++) {
        const { place, now } = changed[index]!
        define(place, now)
      }
      if (changed.length > 0) syncBuiltinESMExports()
      return found
    },
  }
}

interface Change {
  readonly place: Place
  /** Undefined: it was removed. */
  readonly now: PropertyDescriptor | undefined
}

function putBack(places: readonly Place[]): readonly Change[] {
  // Nothing may be called as a method here before it was put back.
  const changed: Change[] = []
  for (let index = 0; index < places.length; index++) {
    const place = places[index]!
    const now = descriptorOf(place.owner, place.key)
    if (isSame(place, now)) continue
    define(place, place.was)
    changed[changed.length] = { place, now }
  }
  if (changed.length > 0) syncBuiltinESMExports()
  return changed
}

/** It inherits nothing: a project may add `get` or `value` to `Object.prototype`. */
function descriptorOf(owner: object, key: string | symbol): PropertyDescriptor | undefined {
  const descriptor = getOwnPropertyDescriptor(owner, key)
  return descriptor && setPrototypeOf(descriptor, null)
}

function define({ owner, key }: Place, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor === undefined) deleteProperty(owner, key)
  else defineProperty(owner, key, descriptor)
}

function isCalled({ place }: Change): boolean {
  return place.kind !== undefined
}

function isWrong({ place, now }: Change): boolean {
  return place.was === undefined || !isAlike(place.kind!, place.was, now)
}

function isSame({ key, was }: Place, now: PropertyDescriptor | undefined): boolean {
  if (now === undefined || was === undefined) return now === was
  // attak itself has another object stand in for the environment.
  if (key === 'env') return typeof now.value === 'object' && now.value !== null
  return now.value === was.value && now.get === was.get
}

function placesOf(process: NodeJS.Process): readonly Place[] {
  const constructors = [
    Object,
    Function,
    Array,
    String,
    Number,
    RegExp,
    Map,
    Set,
    WeakMap,
    Promise,
    Date,
    Error,
    Buffer,
  ]
  const methods: readonly [kind: string, owner: object][] = [
    ...constructors.map(({ name, prototype }): [string, object] => [name, prototype]),
    ['Uint8Array', getPrototypeOf(Uint8Array.prototype)],
    ['iterator', getPrototypeOf([].values())],
    ['iterator', getPrototypeOf(new Map().values())],
    ['iterator', getPrototypeOf(new Set().values())],
    ['iterator', getPrototypeOf(''[Symbol.iterator]())],
    ['iterator', getPrototypeOf(''.matchAll(/a/g))],
    ['generator', getPrototypeOf(function* () {}.prototype)],
    ['async generator', getPrototypeOf(async function* () {}.prototype)],
  ]
  const others = { JSON, Math, Reflect, Symbol, AbortSignal, fs, 'EventEmitter.prototype': emitterOf(process) }
  const places: Place[] = []
  for (const [kind, owner] of methods) addFunctions(places, { owner, ownerName: `${kind}.prototype`, kind })
  for (const owner of constructors) addFunctions(places, { owner, ownerName: owner.name })
  for (const [ownerName, owner] of Object.entries(others)) addFunctions(places, { owner, ownerName })
  for (const key of OF_PROCESS) places.push(placeOf({ owner: process, ownerName: 'process' }, key))
  places.push(placeOf({ owner: globalThis, ownerName: 'globalThis' }, 'process'))
  // With this, each object that is awaited is taken for a promise.
  places.push(placeOf({ owner: Object.prototype, ownerName: 'Object.prototype', kind: 'Object' }, 'then'))
  return places
}

/** The methods of the process that attak and Node call while a project's code runs. Node itself changes others. */
const OF_PROCESS = ['env', 'nextTick', 'emit', 'on', 'once', 'off', 'removeListener', 'cwd', 'hrtime', 'exit']

interface Owner {
  readonly owner: object
  readonly ownerName: string
  readonly kind?: string
}

function emitterOf(process: NodeJS.Process): object {
  return getPrototypeOf(getPrototypeOf(process))
}

function placeOf({ owner, ownerName, kind }: Owner, key: string | symbol): Place {
  return { owner, ownerName, key, was: descriptorOf(owner, key), kind }
}

function addFunctions(places: Place[], owner: Owner): void {
  for (const key of ownKeys(owner.owner)) {
    const place = placeOf(owner, key)
    const { value, get, configurable } = place.was!
    // Getters of `fs` load their value.
    const isFunction = typeof value === 'function' || (get !== undefined && owner.kind !== undefined)
    if (configurable && isFunction && key !== 'constructor') places.push(place)
  }
}

function nameOf({ ownerName, key }: Place): string {
  return typeof key === 'symbol' ? `${ownerName}[${key.description}]` : `${ownerName}.${key}`
}

/** Names that are printed. */
const SHOWN_NAMES = 5

function shownOf(names: readonly string[]): string {
  return `${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`
}

const REMEDY = 'Do not change built-in objects, or restore them before the handler returns.'

function problemOf(changed: readonly Change[], severity: Problem['severity']): Problem {
  const what =
    severity === 'error'
      ? 'attak uses it too, and it works differently now, so results would be wrong'
      : 'attak uses it too: if it works differently now, results can be wrong'
  const names = shownOf(changed.map(({ place }) => nameOf(place)))
  return {
    code: 'BUILT_IN_CHANGED',
    severity,
    where: 'project',
    what: `its code replaced ${names}. ${what}`,
    remedy: REMEDY,
  }
}

/** What is needed to report changed built-ins. */
interface Teller {
  readonly builtIns: BuiltIns
  readonly err: Terminal
  readonly cwd: string
}

/**
 * Restores the built-ins that the project replaced, and prints which. Returns whether results can be wrong for certain.
 */
export function tellChanged({ builtIns, err }: Pick<Teller, 'builtIns' | 'err'>): boolean {
  const problems = builtIns.takeProblems()
  if (problems.length > 0) err.tell(drawProblems(problems, colorsOf(err)))
  return problems.some(({ severity }) => severity === 'error')
}

/**
 * Converts an error that attak does not expect into BUILT_IN_CHANGED, if the project has changed built-ins of
 * JavaScript, or if Node called a function of the project that threw. Restores built-ins first, so that the error can be
 * printed. Returns undefined if neither is so.
 */
export function errorOfChanged(error: unknown, host: Pick<Teller, 'builtIns' | 'cwd'>): AttakError | undefined {
  const { builtIns } = host
  const names = builtIns.restore()
  if (error instanceof AttakError) return undefined
  const called = names.length === 0 ? calledByNode(error) : undefined
  if (names.length === 0 && called === undefined) return undefined
  builtIns.takeProblems()
  const { name, message } = describeThrown(error)
  // Read only now: the folder may have been removed.
  const stack = cleanStack(error, host.cwd)
  return errorOf([
    {
      code: 'BUILT_IN_CHANGED',
      severity: 'error',
      where: 'project',
      what:
        called === undefined
          ? `its code changed ${shownOf(names)}, so attak cannot continue: ${name}: ${message}`
          : `Node called its ${called} instead of a function of Node, so attak cannot continue: ${name}: ${message}`,
      remedy: REMEDY,
      ...(stack !== undefined && { stack }),
    },
  ])
}
