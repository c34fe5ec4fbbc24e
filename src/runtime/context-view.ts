import type { Context } from '../topology/handler.ts'
import type { Invocation } from './invocation.ts'

const DATA = ['processor', 'topology', 'stage', 'id', 'topic', 'from', 'key', 'attempt', 'hop', 'root', 'parent']
/** The properties that spreading and `Object.keys` show: all but those that settle the message. */
const SHOWN = [
  ...DATA,
  'traceparent',
  'signal',
  'log',
  'resources',
  'state',
  'getRemainingTimeInMillis',
  'emit',
  'invoke',
]
const SILENT = ['succeed', 'fail', 'done', 'invokeLocal']
const DOCUMENTED: ReadonlySet<PropertyKey> = new Set([...SHOWN, ...SILENT])

/** Whether this is the name of a documented property of a context. */
export function isContextName(name: string): name is keyof Context {
  return DOCUMENTED.has(name)
}

/** Holds the invocation, and what a handler or its library sets on the context. */
class Seen {
  readonly #invocation: Invocation

  constructor(invocation: Invocation) {
    this.#invocation = invocation
  }

  /** Reads a documented property, so that it works apart from its context. */
  static read(seen: Seen, name: keyof Context): unknown {
    const value: unknown = seen.#invocation[name]
    return typeof value === 'function' ? value.bind(seen.#invocation) : value
  }

  /** Returns what `console.log(context)` shows; it is called on the proxy. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const shown = Reflect.ownKeys(this).filter((name) => DATA.includes(name as string) || !DOCUMENTED.has(name))
    return Object.fromEntries(shown.map((name) => [name, this[name as keyof this]]))
  }
}

/**
 * Returns the context of a handler that may do more than read properties by name: destructure functions, spread it, log
 * it, or set properties. It is a proxy, because defining properties for each message would cost twenty times as much
 * (3 µs).
 */
export function contextView(invocation: Invocation): Context {
  return new Proxy(new Seen(invocation), VIEW) as unknown as Context
}

const VIEW: ProxyHandler<Seen> = {
  get(seen, name) {
    if (!DOCUMENTED.has(name) || Object.hasOwn(seen, name)) return Reflect.get(seen, name)
    return Seen.read(seen, name as keyof Context)
  },
  set: (seen, name, value) =>
    Reflect.defineProperty(seen, name, { value, writable: true, enumerable: true, configurable: true }),
  has: (seen, name) => DOCUMENTED.has(name) || name in seen,
  ownKeys: (seen) => [...new Set([...SHOWN, ...Reflect.ownKeys(seen)])],
  getOwnPropertyDescriptor(seen, name) {
    const own = Reflect.getOwnPropertyDescriptor(seen, name)
    if (own !== undefined || !SHOWN.includes(name as string)) return own
    return { value: Seen.read(seen, name as keyof Context), writable: true, enumerable: true, configurable: true }
  },
  getPrototypeOf: () => Object.prototype,
}
