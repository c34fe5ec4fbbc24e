import { types } from 'node:util'
import { type Report, show } from './report.ts'

/** What running a user's code gave; undefined after it threw or gave a promise, which is then reported. */
export type Ran = { readonly value: unknown } | undefined

/** Runs a user's function for `where`, reporting a throw (with the user's stack) and a promise. */
export function runUserCode(run: () => unknown, where: string, report: Report): Ran {
  try {
    const value = run()
    if (!isPromise(value)) return { value }
    reportPromise(value, where, 'returns a promise, but attak reads a topology synchronously', report)
  } catch (thrown) {
    const { message, stack } = readThrown(thrown)
    report.error('TOPOLOGY_LOAD_FAILED', where, `failed: ${message}`, 'Fix the code that threw.', stack)
  }
  return undefined
}

/** What was thrown may throw again when it is read. */
function readThrown(thrown: unknown): { readonly message: string; readonly stack?: string } {
  try {
    if (!(thrown instanceof Error)) return { message: show(thrown) }
    const { stack } = thrown
    return { message: `${thrown.message || thrown.name}`, ...(typeof stack === 'string' && { stack }) }
  } catch {
    return { message: 'what was thrown cannot be read' }
  }
}

/** Keeps a promise that is read later from ending the process by a rejection before that. */
export function holdRejection(value: unknown): void {
  if (types.isPromise(value)) value.then(undefined, () => undefined)
}

/** Reports a promise where a value belongs. Its rejection does not raise `unhandledRejection`. */
export function reportPromise(promise: PromiseLike<unknown>, where: string, what: string, report: Report): void {
  promise.then(undefined, () => undefined)
  report.error('TOPOLOGY_INVALID', where, what, 'Await it at the top of the module and use the result.')
}

/** Whether `value` is a promise or anything else with a `then`. A `then` that cannot be read is none. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return holds(() => isObject(value) && 'then' in value && typeof value.then === 'function')
}

/** Whether a test passes; not where code of the tested value throws: a getter, or a trap of a Proxy. */
function holds(test: () => boolean): boolean {
  try {
    return test()
  } catch {
    return false
  }
}

/** Own fields by name, without a prototype, so that a field named `constructor` is no surprise. */
export type Fields = Readonly<Record<string, unknown>>

/** Reads an object's own fields once; those that hold `undefined` count as left out. */
export function readFields(value: object, where: string, report: Report): Fields | undefined {
  const ran = runUserCode(() => Object.entries(value), where, report)
  if (ran === undefined) return undefined
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, field] of ran.value as [string, unknown][]) if (field !== undefined) fields[name] = field
  return fields
}

/** Whether `value` is an object, lists included. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether `value` is made by `{}`, by JSON, or without a prototype: not an instance of something. */
export function isPlainObject(value: unknown): value is object {
  return holds(() => {
    if (!isObject(value) || Array.isArray(value)) return false
    const prototype = Object.getPrototypeOf(value)
    return prototype === null || Object.getPrototypeOf(prototype) === null
  })
}

/** Whether `value` is what `import * as name` or `require` of a compiled module gives, bundled by esbuild or not. */
export function isModule(value: unknown): value is { readonly default?: unknown; readonly handler?: unknown } {
  return isPlainObject(value) && holds(() => looksLikeModule(value))
}

function looksLikeModule(value: object): boolean {
  if (Object.prototype.toString.call(value) === '[object Module]') return true
  if (Object.getOwnPropertyDescriptor(value, '__esModule')?.value === true) return true
  const fields = Object.values(Object.getOwnPropertyDescriptors(value))
  return fields.length > 0 && fields.every((field) => field.get !== undefined && field.set === undefined)
}

/** Follows default exports, also those a compiled CommonJS module wraps once more. */
export function unwrap(exported: unknown): unknown {
  let value = exported
  for (let depth = 0; depth < 3 && isModule(value) && value.default !== undefined; depth++) value = value.default
  return value
}
