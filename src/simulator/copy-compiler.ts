/** Counts an upper bound of the JSON bytes of one value. */
export interface Tally {
  bytes: number
}

/** A character may become `\\u0000`. */
export const CHARACTER_BYTES = 6
/** Enough for `-1.2345678901234567e+100,`. */
export const SCALAR_BYTES = 26

const QUOTES_BYTES = 2
const BRACES_BYTES = 2

/** Copies values of one shape, and says of any other that it is not its own. */
export type CompiledCopier = (value: object) => unknown

/** What compiled code calls. */
export interface CopierTools {
  /** Given for a value of another shape. */
  readonly miss: symbol
  /** Copies any plain value; gives `miss` for others. Adds to the tally. */
  readonly walk: (value: unknown, depth: number) => unknown
  readonly tally: Tally
}

/**
 * Makes a copier for exactly the shape of `sample`: same keys in the same order, same types, nothing inherited. Gives
 * undefined where a walk is as good: for arrays, empty objects, and objects of more than some dozens of fields.
 */
export function compileCopier(sample: object, tools: CopierTools): CompiledCopier | undefined {
  if (Array.isArray(sample)) return undefined
  const copy = compileObject(sample as Record<string, unknown>, tools)
  if (copy === undefined) return undefined
  return (value) => {
    tools.tally.bytes = 0
    return copy(value)
  }
}

/** Compiles one function: it adds to the tally, and gives `miss` for an object of another shape. */
function compileObject(
  sample: Record<string, unknown>,
  tools: CopierTools,
  levels = MOST_LEVELS,
): CompiledCopier | undefined {
  const code: Code = { tools, levels, checks: [], lengths: [], keys: [], elements: [], fields: 0, fixedBytes: 0 }
  const result = objectCode(sample, 'value', code)
  if (result === undefined || code.fields === 0) return undefined
  const bytes = [String(code.fixedBytes), ...code.lengths.map((name) => `${name}.length * ${CHARACTER_BYTES}`)]
  const body = [...code.checks, `tally.bytes += ${bytes.join(' + ')}`, `return ${result}`]
  const source = `return (value) => {\n${body.join('\n')}\n}`
  const make = new Function('miss', 'walk', 'tally', 'keys', 'plain', 'prototypeOf', 'elements', source)
  const { miss, walk, tally } = tools
  return make(miss, walk, tally, code.keys, Object.prototype, Object.getPrototypeOf, code.elements)
}

interface Code {
  readonly tools: CopierTools
  /** How many levels of lists of objects may follow. */
  readonly levels: number
  readonly checks: string[]
  /** Names of the strings whose lengths count. */
  readonly lengths: string[]
  /** Every key, in the order of their places in the code. */
  readonly keys: string[]
  /** Copiers of the elements of lists. */
  readonly elements: CompiledCopier[]
  fields: number
  fixedBytes: number
}

const MOST_FIELDS = 48
/** Of lists in lists: what is deeper is walked, which knows how deep data may be. */
const MOST_LEVELS = 4

/** Code for a plain object that `place` holds: checks go to `code`, the copying expression comes back. */
function objectCode(sample: Record<string, unknown>, place: string, code: Code): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(sample)
  const keys = Object.keys(sample)
  if (prototype !== Object.prototype || 'toJSON' in sample || keys.includes('__proto__')) return undefined
  code.fields += keys.length
  if (code.fields > MOST_FIELDS) return undefined
  const first = code.keys.push(...keys) - keys.length
  const end = first + keys.length
  const at = `at${first}_${code.checks.length}`
  code.checks.push(
    // Fields are read first: having read them, the compiler knows the prototype, and need not call for it (30 ns).
    ...keys.map((key, index) => `const v${first + index} = ${place}[${JSON.stringify(key)}]`),
    `if (prototypeOf(${place}) !== plain || ${place}.toJSON !== undefined) return miss`,
    `let ${at} = ${first}`,
    `for (const key in ${place}) if (${at} === ${end} || key !== keys[${at}++]) return miss`,
    `if (${at} !== ${end}) return miss`,
  )
  const fields: string[] = []
  code.fixedBytes += BRACES_BYTES
  for (const [index, key] of keys.entries()) {
    code.fixedBytes += key.length * CHARACTER_BYTES + 4
    const copied = fieldCode(sample[key], `v${first + index}`, code)
    if (copied === undefined) return undefined
    fields.push(`${JSON.stringify(key)}: ${copied}`)
  }
  return `{ ${fields.join(', ')} }`
}

/** Code for the field that `name` holds: its check goes to `code`, the copying expression comes back. */
function fieldCode(sample: unknown, name: string, code: Code): string | undefined {
  switch (typeof sample) {
    case 'string':
      code.checks.push(`if (typeof ${name} !== 'string') return miss`)
      code.lengths.push(name)
      code.fixedBytes += QUOTES_BYTES
      return name
    case 'number':
      code.checks.push(`if (typeof ${name} !== 'number' || ${name} - ${name} !== 0) return miss`)
      code.fixedBytes += SCALAR_BYTES
      return `${name} + 0`
    case 'boolean':
      code.checks.push(`if (typeof ${name} !== 'boolean') return miss`)
      code.fixedBytes += SCALAR_BYTES
      return name
    case 'object':
      if (sample !== null && !Array.isArray(sample)) {
        code.checks.push(`if (typeof ${name} !== 'object' || ${name} === null) return miss`)
        return objectCode(sample as Record<string, unknown>, name, code)
      }
      return Array.isArray(sample) ? listCode(sample, name, code) : walkCode(name, code)
    default:
      return undefined
  }
}

/** Lists of objects are copied by a function for the shape of the first; an object of another shape is walked. */
function listCode(sample: readonly unknown[], name: string, code: Code): string {
  const first: unknown = sample[0]
  if (typeof first !== 'object' || first === null || Array.isArray(first)) return walkCode(name, code)
  if (code.levels === 0) return walkCode(name, code)
  const element = compileObject(first as Record<string, unknown>, code.tools, code.levels - 1)
  if (element === undefined) return walkCode(name, code)
  const copy = `element${code.elements.push(element) - 1}${name}`
  code.checks.push(
    `if (!Array.isArray(${name}) || ${name}.toJSON !== undefined) return miss`,
    `const ${copy} = elements[${code.elements.length - 1}], ${name}w = []`,
    `for (let index = 0; index < ${name}.length; index++) {`,
    `  const element = ${name}[index], before = tally.bytes`,
    `  let copied = typeof element === 'object' && element !== null ? ${copy}(element) : miss`,
    '  if (copied === miss) {',
    '    tally.bytes = before',
    '    copied = walk(element, 1)',
    '    if (copied === miss) return miss',
    '  }',
    '  tally.bytes += 5',
    `  ${name}w.push(copied === undefined ? null : copied)`,
    '}',
  )
  code.fixedBytes += 2
  return `${name}w`
}

/** Other lists, and fields that were null, may hold anything plain that JSON keeps. */
function walkCode(name: string, code: Code): string {
  code.checks.push(`const ${name}w = walk(${name}, 1)`, `if (${name}w === miss || ${name}w === undefined) return miss`)
  return `${name}w`
}
