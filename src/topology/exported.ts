import type { Handler, Setup, Teardown } from './handler.ts'
import { isModule, isObject } from './user-code.ts'

/** A handler as it was found: `self` is its `this`. */
export interface ExportedHandler extends Lifecycle {
  readonly handler: Handler
  readonly self?: object
}

/** The functions of a processor that run before its first event, and after its last. */
export interface Lifecycle {
  readonly setup?: Setup
  readonly teardown?: Teardown
}

/** The names of {@link Lifecycle}. */
export const LIFECYCLE = ['setup', 'teardown'] as const

/** How they are written. */
export const SIGNATURES = {
  setup: 'setup({ log, signal }) { return connect() }',
  teardown: 'teardown(resources) { return resources.close() }',
} as const

/** Returns the functions of {@link Lifecycle} that an object has, bound to it. Leaves out what cannot be called. */
export function lifecycleOf(holder: object): Lifecycle {
  const found = LIFECYCLE.flatMap((name) => {
    const value = (holder as Readonly<Record<string, unknown>>)[name]
    if (typeof value !== 'function' || isClass(value)) return []
    return [[name, (given: unknown) => value.call(holder, given)]]
  })
  return Object.fromEntries(found)
}

/**
 * Finds the handler among what a processor's module exports, also out of CommonJS: the `handler` export or the default
 * one, each a function or something with a `handler` method. Its `setup` and `teardown` are methods of the same object, or
 * exports beside it. Undefined when there is no handler.
 */
export function handlerIn(exported: unknown): ExportedHandler | undefined {
  if (!isObject(exported)) return undefined
  const { handler, default: fallback } = exported as { handler?: unknown; default?: unknown }
  const found = (isCommonJs(handler, fallback) ? undefined : callable(handler)) ?? callable(fallback)
  return found && { ...lifecycleOf(exported), ...lifecycleOf(found.self ?? {}), ...found }
}

/** Whether `value` is a class, which cannot be called. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

/** Node names the properties of `module.exports` as exports too; the handler is then that object's method. */
function isCommonJs(handler: unknown, fallback: unknown): boolean {
  return isObject(fallback) && !isModule(fallback) && 'handler' in fallback && fallback.handler === handler
}

function callable(value: unknown): ExportedHandler | undefined {
  if (typeof value === 'function') return isClass(value) ? undefined : { handler: value as Handler }
  if (!isObject(value)) return undefined
  const { handler, default: inner } = value as { handler?: unknown; default?: unknown }
  if (typeof handler === 'function' && !isClass(handler)) return { handler: handler as Handler, self: value }
  return inner === undefined || inner === value || !isModule(value) ? undefined : callable(inner)
}

/** Endings that a path may have; after any other dot stands the name of an export. */
const ENDING = /\.(?:[cm]?[jt]sx?|json)$/

/**
 * Returns how to write `src/index.handler`, by which other tools name an export of a module, as a path here; undefined for what
 * is a path already.
 */
export function pathInstead(text: string): { readonly path: string; readonly remedy: string } | undefined {
  const [, module, name] = /^([\w@./-]*[\w-])\.([A-Za-z_$][\w$]*)$/.exec(text) ?? []
  if (module === undefined || name === undefined || ENDING.test(text)) return undefined
  const path = /^\.{0,2}\//.test(module) ? module : `./${module}`
  const isFound = name === 'handler' || name === 'default'
  return { path, remedy: `Write path: "${path}"${isFound ? '' : `, and export ${name} there as handler`}.` }
}
