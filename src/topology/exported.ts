import type { Handler } from './handler.ts'
import { isModule, isObject } from './user-code.ts'

/** A handler as it was found: `self` is its `this`. */
export interface ExportedHandler {
  readonly handler: Handler
  readonly self?: object
}

/**
 * Finds the handler among what a processor's module exports, also out of CommonJS: the `handler` export or the default
 * one, each a function or something with a `handler` method. Undefined when there is none.
 */
export function handlerIn(exported: unknown): ExportedHandler | undefined {
  if (!isObject(exported)) return undefined
  const { handler, default: fallback } = exported as { handler?: unknown; default?: unknown }
  return (isCommonJs(handler, fallback) ? undefined : callable(handler)) ?? callable(fallback)
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
