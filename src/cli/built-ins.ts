import { AttakError, errorOf } from '../errors.ts'
import { cleanStack } from '../project/stack.ts'
import { describeThrown } from '../runtime/thrown.ts'

/** The functions that are built into JavaScript, as they were before any code of a project ran. */
export interface BuiltIns {
  /**
   * Puts back what was changed, and removes what was added to `Object.prototype`. Returns the names of all that it has ever
   * put back: `['Array.prototype.push']`.
   */
  restore(): readonly string[]
}

interface Place {
  readonly owner: object
  readonly key: string | symbol
  readonly was: PropertyDescriptor
  readonly name: string
}

// Taken now, since a project may replace these, too.
const { getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Object
const { ownKeys, deleteProperty } = Reflect

/**
 * Remembers the functions that attak may call as methods: those of prototypes, and those of the constructors themselves. Call it
 * before any code of a project runs. It takes a fifth of a millisecond; nothing is checked before `restore` is called.
 */
export function rememberBuiltIns(): BuiltIns {
  const places: Place[] = []
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
  const owners: [name: string, owner: object][] = [
    ...constructors.map(({ name, prototype }): [string, object] => [`${name}.prototype`, prototype]),
    ...constructors.map((each): [string, object] => [each.name, each]),
    ['Uint8Array.prototype', getPrototypeOf(Uint8Array.prototype)],
    ['an iterator', getPrototypeOf([].values())],
    ['an iterator', getPrototypeOf(new Map().values())],
    ['an iterator', getPrototypeOf(new Set().values())],
    ...[{ JSON }, { Math }, { Reflect }].flatMap((group) => Object.entries(group)),
  ]
  for (const [ownerName, owner] of owners) {
    for (const key of ownKeys(owner)) {
      const was = getOwnPropertyDescriptor(owner, key)!
      if (!was.configurable || (was.get === undefined && typeof was.value !== 'function')) continue
      places.push({
        owner,
        key,
        was,
        name: `${ownerName}${typeof key === 'symbol' ? `[${key.description}]` : `.${key}`}`,
      })
    }
  }
  const objectKeys = new Set(ownKeys(Object.prototype))
  const names = new Set<string>()
  return {
    restore() {
      // Nothing may be called as a method here before it was put back.
      const changed: Place[] = []
      for (let index = 0; index < places.length; index++) {
        const place = places[index]!
        const now = getOwnPropertyDescriptor(place.owner, place.key)
        if (now !== undefined && now.value === place.was.value && now.get === place.was.get) continue
        defineProperty(place.owner, place.key, place.was)
        changed[changed.length] = place
      }
      const added = ownKeys(Object.prototype).filter((key) => !objectKeys.has(key))
      for (const key of added) deleteProperty(Object.prototype, key)
      for (const { name } of changed) names.add(name)
      for (const key of added) names.add(`Object.prototype.${String(key)}`)
      return [...names]
    },
  }
}

/** Names that are printed. */
const SHOWN_NAMES = 5

/**
 * Returns an error that attak does not expect as one for the user, BUILT_IN_CHANGED, if the project has changed what is built into
 * JavaScript. Puts that back first, so that the error can be printed. Undefined if the project has changed nothing.
 */
export function errorOfChanged(
  error: unknown,
  host: { readonly restoreBuiltIns: BuiltIns['restore']; readonly cwd: string },
): AttakError | undefined {
  const names = host.restoreBuiltIns()
  if (names.length === 0 || error instanceof AttakError) return undefined
  const shown = `${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`
  const { name, message } = describeThrown(error)
  const stack = cleanStack(error, host.cwd)
  return errorOf([
    {
      code: 'BUILT_IN_CHANGED',
      severity: 'error',
      where: 'project',
      what: `its code changed ${shown}, and attak cannot go on with that: ${name}: ${message}`,
      remedy: 'Leave what is built into JavaScript as it is, or put it back before the handler returns.',
      ...(stack !== undefined && { stack }),
    },
  ])
}
