import { types } from 'node:util'
import type { CopySource } from './copy-walk.ts'
import {
  CHARACTER_BYTES,
  copiedListCopier,
  copyAgain,
  copyAny,
  copyConverted,
  copyObject,
  copyRest,
  type Holders,
  type Key,
  listCopier,
  SCALAR_BYTES,
  tally,
  unknownHolders,
} from './copy-walk.ts'

const QUOTES_BYTES = 2
const BRACES_BYTES = 2
const MOST_FIELDS = 200

/** Copies a value; fast where its shape is the one that it was compiled for. */
export type CompiledCopier = (value: object, key: Key) => unknown

/**
 * Makes a copier for the shape of `sample`, which must be a copy: plain data without getters. Its code is the object's own
 * fields in order, with a check of each type. Returns undefined where a walk is as good: for lists of scalars, empty objects,
 * and objects of more than some hundreds of fields.
 */
export function compileCopier(sample: unknown, source: CopySource): CompiledCopier | undefined {
  const code: Code = { source, functions: [], names: 0, fields: 0 }
  const name = nestedCode(sample, code, 0)
  if (name === undefined) return undefined
  const make = new Function(...Object.keys(TOOLS), `${code.functions.join('\n')}\nreturn ${name}`)
  return make(...Object.values(TOOLS))
}

/** The functions that compiled code calls. */
const TOOLS = {
  copyAny,
  copyAgain,
  copyConverted,
  copyRest,
  listCopier,
  copiedListCopier,
  unknownHolders,
  tally,
  isProxy: types.isProxy,
  isArray: Array.isArray,
  prototypeOf: Object.getPrototypeOf,
  plain: Object.prototype,
  copyOther(value: object, above: Holders): unknown {
    tally.misses++
    return copyObject(value, above)
  },
  copyOtherAgain(value: object): unknown {
    tally.misses++
    return copyAgain(value)
  },
}

type Fields = Readonly<Record<string, unknown>>

interface Code {
  readonly source: CopySource
  readonly functions: string[]
  names: number
  fields: number
}

/** Adds a function that copies objects like `sample`, and returns its name. */
function objectCode(sample: Fields, code: Code, depth: number): string | undefined {
  const keys = Object.keys(sample)
  code.fields += keys.length
  // A list has such names, too.
  const isLikeList = keys.length === 0 || /^\d/.test(keys[0]!)
  if (isLikeList || code.fields > MOST_FIELDS || keys.includes('__proto__')) return undefined
  const number = code.names++
  const fields = keys.map((key, index) => ({ key, index, number, sample: sample[key], code, depth: depth + 1 }))
  const body = code.source === 'copy' ? bodyForCopies(fields) : bodyForAny(keys, fields, number)
  code.functions.push(`
const keys${number} = ${JSON.stringify(keys)}, above${number} = unknownHolders(${depth}), holders${number} = unknownHolders(${depth + 1})
const copy${number} = (value, key) => {
  ${body.join('\n  ')}
  return { ${keys.map((key, index) => `${JSON.stringify(key)}: v${index}`).join(', ')} }
}`)
  return `copy${number}`
}

function bodyForAny(keys: readonly string[], fields: readonly FieldParts[], number: number): readonly string[] {
  const code = fields.map(fieldCode)
  const characters = keys.reduce((sum, key) => sum + key.length, 0) * CHARACTER_BYTES
  const bytes = code.reduce((sum, field) => sum + field.bytes, BRACES_BYTES + characters + 4 * keys.length)
  return [
    `if (isProxy(value)) return copyAny(value, key, above${number})`,
    // Read before the prototype: then V8 knows the object's map, and so its prototype without a call.
    'const toJSON = value.toJSON',
    `if (typeof toJSON === 'function' || prototypeOf(value) !== plain || isArray(value)) return copyConverted(value, key, toJSON, above${number})`,
    ...keysCode(fields, `copyOther(value, above${number})`),
    'let characters = 0',
    ...code.map((field) => field.text),
    `tally.bytes += ${bytes} + characters * ${CHARACTER_BYTES}`,
  ]
}

function bodyForCopies(fields: readonly FieldParts[]): readonly string[] {
  return [
    ...keysCode(fields, 'copyOtherAgain(value)'),
    ...fields.map(({ key, index, sample, code, depth }) => {
      const copy = nestedCode(sample, code, depth) ?? 'copyAgain'
      const v = `v${index}`
      return `let ${v} = value[${JSON.stringify(key)}]; if (typeof ${v} === 'object' && ${v} !== null) ${v} = ${copy}(${v})`
    }),
  ]
}

/** Code that calls `other` for an object with other keys. */
function keysCode(fields: readonly FieldParts[], other: string): readonly string[] {
  const { length } = fields
  return [
    'let at = 0',
    `for (const name in value) if (at === ${length} || name !== keys${fields[0]!.number}[at++]) return ${other}`,
    `if (at !== ${length}) return ${other}`,
  ]
}

interface FieldParts {
  readonly key: string
  readonly index: number
  /** Of the object's function. */
  readonly number: number
  readonly sample: unknown
  readonly code: Code
  /** How many objects hold its value. */
  readonly depth: number
}

/** Code that reads a field and copies it, and the most bytes of its value beside its characters. */
function fieldCode({ key, index, number, sample, code, depth }: FieldParts): {
  readonly text: string
  readonly bytes: number
} {
  const v = `v${index}`
  const name = JSON.stringify(key)
  const before = Array.from({ length: index }, (_, place) => `v${place}`).join(', ')
  const leaveOut = `if (${v} === undefined) return copyRest(value, keys${number}, { before: [${before}], holders: holders${number} })`
  const read = `let ${v} = value[${name}]`
  const other = `{ ${v} = copyAny(${v}, ${name}, holders${number}); ${leaveOut} }`
  switch (typeof sample) {
    case 'string':
      return {
        text: `${read}; if (typeof ${v} === 'string') characters += ${v}.length; else ${other}`,
        bytes: QUOTES_BYTES,
      }
    case 'number':
      // The last is for -0, which is 0 in JSON.
      return {
        text: `${read}; if (typeof ${v} !== 'number' || ${v} - ${v} !== 0 || (${v} === 0 && 1 / ${v} < 0)) ${other}`,
        bytes: SCALAR_BYTES,
      }
    case 'boolean':
      return { text: `${read}; if (typeof ${v} !== 'boolean') ${other}`, bytes: SCALAR_BYTES }
    default: {
      const copy = nestedCode(sample, code, depth)
      if (copy === undefined) return { text: `${read}; ${other}`, bytes: 0 }
      const isObject = `typeof ${v} === 'object' && ${v} !== null`
      return {
        text: `${read}; ${v} = ${isObject} ? ${copy}(${v}, ${name}) : copyAny(${v}, ${name}, holders${number}); ${leaveOut}`,
        bytes: 0,
      }
    }
  }
}

/** Adds a function that copies objects or lists like `sample`, and returns its name. */
function nestedCode(sample: unknown, code: Code, depth: number): string | undefined {
  if (typeof sample !== 'object' || sample === null) return undefined
  return Array.isArray(sample) ? listCode(sample, code, depth) : objectCode(sample as Fields, code, depth)
}

/** Adds a function that copies lists of objects like the first of `sample`, and returns its name. */
function listCode(sample: readonly unknown[], code: Code, depth: number): string | undefined {
  const element = nestedCode(sample[0], code, depth + 1)
  if (element === undefined) return undefined
  const name = `list${code.names++}`
  const list = code.source === 'copy' ? `copiedListCopier(${element})` : `listCopier(${element}, ${depth})`
  code.functions.push(`const ${name} = ${list}`)
  return name
}
