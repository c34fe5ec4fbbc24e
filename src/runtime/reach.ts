import type { Handler } from '../topology/handler.ts'
import { isContextName } from './context-view.ts'
import type { LoadedProcessor, ProcessorRuntime } from './invocation.ts'

/** A processor's code, and what handling calls of it needs to know of it. */
export type Calling = Omit<ProcessorRuntime, 'topology' | 'stage' | 'timeoutMs' | 'host'>

/** Looks at a processor's code and its settings once, so that each call need not. */
export function callingOf(
  { name, handler, self, input }: LoadedProcessor,
  { callback, invokes }: { readonly callback: boolean; readonly invokes: readonly string[] },
): Calling {
  return {
    name,
    handler,
    self,
    input,
    seesCallback: seesCallback(handler),
    takesContext: takesContext(handler),
    settlesByCallback: callback || handler.length >= 3,
    ignoresFulfillment: callback,
    invokes,
  }
}

/**
 * Whether a handler can reach its third argument: it declares one, or its text holds what reaches arguments that are not
 * declared (`arguments`, a rest parameter, a default value), or has no text to look at (bound and native functions).
 */
export function seesCallback(handler: Handler): boolean {
  if (handler.length >= 3) return true
  const text = Function.prototype.toString.call(handler)
  return REACHES_ARGUMENTS.test(text) || parametersOf(text).includes('=')
}

const REACHES_ARGUMENTS = /\barguments\b|\.\.\.|\[native code\]|\beval\b/

/** The text between the parentheses of a function's parameters; of `x => …`, that before the arrow. */
function parametersOf(text: string): string {
  const open = text.indexOf('(')
  const arrow = text.indexOf('=>')
  if (open < 0 || (arrow >= 0 && arrow < open)) return ''
  if (/['"`/]/.test(text.slice(0, open))) return text
  let depth = 0
  for (let index = open; index < text.length; index++) {
    if (text[index] === '(') depth++
    if (text[index] === ')' && --depth === 0) return text.slice(open, index)
  }
  return text
}

/**
 * Whether a handler may do more with its context than read properties by name: destructure a function
 * (`const { emit } = context`), pass it to other code, spread it, or set a property. It cannot do so if its text names
 * the context once among simple parameters, and then only reads documented properties (`context.key`), or calls
 * functions directly (`context.emit(…)`).
 */
export function takesContext(handler: Handler): boolean {
  const text = Function.prototype.toString.call(handler)
  const parameters = parametersOf(text)
  if (REACHES_ARGUMENTS.test(text) || text.includes('\\u')) return true
  if (/['"`=/]/.test(parameters) || /^[^(]*\[/.test(text)) return true
  const name = namesOf(parameters)[1]
  if (name === undefined) return false
  if (!/^[A-Za-z_]\w*$/.test(name)) return true
  const after = text.split(new RegExp(`(?<![\\w$.])${name}(?![\\w$])`)).slice(1)
  return after.filter((rest) => !isRead(rest)).length !== 1
}

/** Whether the text after a context reads a documented property, or calls one. */
function isRead(rest: string): boolean {
  const [read, name = ''] = /^\s*\.\s*(\w+)(?![\w$])\s*/.exec(rest) ?? []
  if (read === undefined || !isContextName(name)) return false
  if (/^(emit|getRemainingTimeInMillis)$/.test(name)) return rest[read.length] === '('
  return !/^((\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?!=)|\+\+|--)/.test(rest.slice(read.length))
}

/** Parameters by their names, in order; `''` where one is taken apart. */
function namesOf(parameters: string): string[] {
  let flat = parameters.slice(1)
  for (let before = ''; before !== flat; ) {
    before = flat
    flat = flat.replace(/[[{][^[\]{}]*[\]}]/g, '')
  }
  return flat === '' ? [] : flat.split(',').map((name) => name.trim())
}
