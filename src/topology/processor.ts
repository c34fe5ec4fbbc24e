import { LIFECYCLE, type Lifecycle, lifecycleOf, pathInstead, SIGNATURES } from './exported.ts'
import { placeOf } from './field.ts'
import type { Handler } from './handler.ts'
import { type Report, show } from './report.ts'
import type { HandlerSource } from './topology.ts'
import {
  type Fields,
  isModule,
  isObject,
  isPlainObject,
  isPromise,
  readFields,
  reportPromise,
  runUserCode,
} from './user-code.ts'

/** Where a processor's code is, and what else was read of it. */
export type Sourced<Settings> = { readonly source: HandlerSource } & Settings

/** What reads processors: {@link settingsOf} takes what is beside the code, where the processor is a literal. */
export interface ReadParts<Settings> {
  readonly report: Report
  readonly settingsOf: (fields: Fields, where: string) => Settings
}

const SPELLINGS =
  'Give a path, a function, an object with a handler, a path or a receiver, or an instance with a handler method.'

/**
 * Reads any spelling of one processor: a path, a function, `{ handler }`, `{ path }`, `{ source }` or
 * `{ receiver }` with settings, an instance with a `handler` method (whose other fields are its own business), or a module of those. What is neither a
 * literal nor a module is an instance. Undefined after a problem that leaves nothing to work with.
 */
export function readProcessor<Settings>(
  value: unknown,
  where: string,
  parts: ReadParts<Settings>,
): Sourced<Partial<Settings>> | undefined {
  const { report } = parts
  if (typeof value === 'string') return bodyOf(moduleSource(value, where, report))
  if (typeof value === 'function') return bodyOf(inlineSource(value, where, report))
  if (isPromise(value)) {
    reportPromise(value, where, 'is a promise; to use a module, give its path', report)
    return undefined
  }
  if (!isObject(value) || Array.isArray(value)) {
    report.error('TOPOLOGY_INVALID', where, `a processor cannot be ${show(value)}`, SPELLINGS)
    return undefined
  }
  if (isModule(value)) return readModule(value, where, parts)
  if (isPlainObject(value) && !inheritsHandler(value)) return readObject(value, where, parts)
  return bodyOf(instanceSource(value, where, report))
}

/** What a processor in a list would be called: the base name of its path, or the name of its function. */
export function ownName(value: unknown): string | undefined {
  if (typeof value === 'function') return value.name
  if (typeof value === 'string') return value
  if (!isPlainObject(value)) return undefined
  const { handler, path, source, receiver } = value as Readonly<Record<string, unknown>>
  return ownName([handler, path, source, receiver].find((one) => typeof one === 'function' || typeof one === 'string'))
}

function bodyOf<Settings>(source: HandlerSource | undefined): Sourced<Partial<Settings>> | undefined {
  return source && ({ source } as Sourced<Partial<Settings>>)
}

function readModule<Settings>(module: object, where: string, parts: ReadParts<Settings>) {
  const { report } = parts
  const exports = readFields(module, where, report)
  if (exports === undefined) return undefined
  if (exports.handler !== undefined) {
    const source = inlineSource(exports.handler, where, report)
    return bodyOf<Settings>(source && { ...lifecycleOf(exports), ...source })
  }
  if (exports.default !== undefined && exports.default !== module) return readProcessor(exports.default, where, parts)
  reportNoHandler('the module exports no handler', where, report)
  return undefined
}

function readObject<Settings>(value: object, where: string, { report, settingsOf }: ReadParts<Settings>) {
  const fields = readFields(value, where, report)
  if (fields === undefined) return undefined
  const settings = settingsOf(fields, where)
  const source = sourceOf(value, fields, where, report)
  return source && { source, ...settings }
}

function sourceOf(value: object, fields: Fields, where: string, report: Report): HandlerSource | undefined {
  const given = ['handler', 'path', 'source', 'receiver'].filter((name) => name in fields)
  if (fields.properties !== undefined && !given.includes('receiver')) {
    const remedy = "Name the receiver: { receiver: './receivers/log', properties: { … } }."
    report.error('TOPOLOGY_INVALID', placeOf(where, 'properties'), 'only a receiver has properties', remedy)
  }
  if (given.length > 1) {
    const what = `has ${given.join(' and ')}, but its code can be in only one place`
    report.error('TOPOLOGY_INVALID', where, what, `Keep one of ${given.join(', ')}.`)
    return undefined
  }
  const [name] = given
  if (name === undefined) {
    reportNoHandler('has neither handler, path nor receiver', where, report)
    return undefined
  }
  reportLifecycle(fields, where, { isInline: name === 'handler', report })
  if (name === 'handler') return inlineSource(fields.handler, placeOf(where, name), report, value)
  if (name === 'receiver') return receiverSource(fields, where, report)
  return moduleSource(fields[name], placeOf(where, name), report)
}

interface LifecycleParts {
  readonly isInline: boolean
  readonly report: Report
}

function reportLifecycle(fields: Fields, where: string, { isInline, report }: LifecycleParts): void {
  for (const name of LIFECYCLE) {
    const value = fields[name]
    if (value === undefined) continue
    const place = placeOf(where, name)
    if (!isInline) {
      report.error(
        'TOPOLOGY_INVALID',
        place,
        `${name} belongs to the code of a processor`,
        `Export ${name} from its module.`,
      )
    } else if (typeof value !== 'function') {
      const what = `${name} must be a function; got ${show(value)}`
      report.error('TOPOLOGY_INVALID', place, what, `Give a function: ${SIGNATURES[name]}.`)
    }
  }
}

function moduleSource(path: unknown, where: string, report: Report): HandlerSource | undefined {
  if (typeof path === 'string' && path.trim() !== '') return { kind: 'module', path }
  const remedy = "Give a path relative to the topology's file, such as './processors/reverse'."
  const what = typeof path === 'string' ? 'the path is empty' : `a path must be a string; got ${show(path)}`
  report.error('TOPOLOGY_INVALID', where, what, remedy)
  return undefined
}

function receiverSource(
  { receiver, properties = {} }: Fields,
  where: string,
  report: Report,
): HandlerSource | undefined {
  const given = moduleSource(receiver, placeOf(where, 'receiver'), report)
  const place = placeOf(where, 'properties')
  const ran = runUserCode(() => copyOf(properties), place, report)
  if (ran !== undefined && ran.value === undefined) {
    const what = `properties must be an object that JSON can carry; got ${show(properties)}`
    report.error('TOPOLOGY_INVALID', place, what, 'Give texts, numbers, true, false, null, lists and objects of those.')
    return undefined
  }
  if (given?.kind !== 'module' || ran === undefined) return undefined
  return { kind: 'receiver', module: given.path, properties: ran.value as Fields }
}

/** An object as JSON carries it; undefined if that loses anything. */
function copyOf(properties: unknown): unknown {
  if (!isPlainObject(properties)) return undefined
  const copy: unknown = JSON.parse(JSON.stringify(properties))
  return isJson(copy, properties) ? copy : undefined
}

/** Whether a value has lost nothing by being JSON but properties that are `undefined`. */
function isJson(copy: unknown, value: unknown): boolean {
  if (Array.isArray(value)) {
    return Array.isArray(copy) && copy.length === value.length && value.every((one, at) => isJson(copy[at], one))
  }
  if (!isPlainObject(value)) return Object.is(copy, value)
  const fields = Object.entries(value).filter(([, one]) => one !== undefined)
  return (
    isPlainObject(copy) && fields.every(([name, one]) => Object.hasOwn(copy, name) && isJson(copy[name as never], one))
  )
}

function inlineSource(handler: unknown, where: string, report: Report, self?: object): HandlerSource | undefined {
  if (typeof handler !== 'function') {
    const path =
      typeof handler === 'string' && (pathInstead(handler)?.remedy ?? `Write path: ${show(handler)} instead.`)
    const what = `a handler must be a function; got ${show(handler)}`
    report.error('PROCESSOR_NO_HANDLER', where, what, path || 'Give a function.')
    return undefined
  }
  if (/^class\b/.test(Function.prototype.toString.call(handler))) {
    const name = handler.name === '' ? 'class' : handler.name
    const what = `the class ${name} cannot be called as a handler`
    report.error('PROCESSOR_NO_HANDLER', where, what, `Give an instance of it: new ${name}().`)
    return undefined
  }
  const lifecycle = self && runUserCode(() => lifecycleOf(self), where, report)?.value
  return { kind: 'inline', handler: handler as Handler, ...(self && { self }), ...(lifecycle as Lifecycle | undefined) }
}

function instanceSource(self: object, where: string, report: Report): HandlerSource | undefined {
  const ran = runUserCode(() => (self as { handler?: unknown }).handler, where, report)
  if (ran === undefined) return undefined
  if (ran.value !== undefined) return inlineSource(ran.value, placeOf(where, 'handler'), report, self)
  const kind = self.constructor?.name || 'object'
  reportNoHandler(`the instance of ${kind} has no handler method`, where, report)
  return undefined
}

function reportNoHandler(what: string, where: string, report: Report): void {
  report.error('PROCESSOR_NO_HANDLER', where, what, SPELLINGS)
}

function inheritsHandler(value: object): boolean {
  return 'handler' in value && !Object.hasOwn(value, 'handler')
}
