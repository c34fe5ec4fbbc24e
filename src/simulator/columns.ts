import { append, BLOCK_BYTES, stepFrom, stepOf, type Tape } from './tape.ts'

/**
 * Keeps values of one shape, far smaller than they are, and without an object for each that a collector would look at:
 * whole numbers on a tape, by how far each is from the one before it, and what else they hold in lists.
 */
export interface Columns {
  /** Keeps what a value holds, after `head` on the tape; false, with nothing kept, when the value has another shape. */
  readonly add: (value: unknown, head: number) => boolean
  /** Makes a function that makes the values anew, in their order; the head is read from the tape before each call. */
  readonly open: (read: () => number) => () => unknown
}

const BLOCK_BITS = 13
const BLOCK_ROWS = 1 << BLOCK_BITS
const WITHIN_BLOCK = BLOCK_ROWS - 1
const MOST_FIELDS = 48

/**
 * Makes columns for the shape of `sample`: a plain object of the same keys in the same order, with numbers in the same
 * fields; inner objects likewise. `narrow`: fields that hold whole numbers of 32 bits have no others. Undefined for
 * anything but a plain object of some fields.
 */
export function columnsFor(tape: Tape, sample: unknown, narrow: boolean): Columns | undefined {
  if (!isPlain(sample)) return undefined
  const shape: Shape = { narrow, lines: [], keys: [], fields: { integers: [], numbers: [], others: [] } }
  const result = shapeOf(sample, 'value', shape)
  return result === undefined ? undefined : compiledColumns(tape, shape, result)
}

/** Makes columns that take any value as it is. */
export function plainColumns(tape: Tape): Columns {
  const blocks: unknown[][] = []
  let length = 0
  return {
    add(value, head) {
      append(tape, head)
      if ((length & WITHIN_BLOCK) === 0) blocks.push(new Array(BLOCK_ROWS))
      blocks[blocks.length - 1]![length++ & WITHIN_BLOCK] = value
      return true
    },
    open() {
      let row = 0
      return () => blocks[row >> BLOCK_BITS]![row++ & WITHIN_BLOCK]
    },
  }
}

/** What is known of a shape: code that reads and checks it, and which of its variables are kept as what. */
interface Shape {
  readonly narrow: boolean
  readonly lines: string[]
  readonly keys: string[]
  readonly fields: Fields<string[]>
}

/** The fields of a value, by how they are kept. */
interface Fields<T> {
  readonly integers: T
  readonly numbers: T
  readonly others: T
}

/** Code that makes the object anew; undefined when the sample has no shape worth having. */
function shapeOf(sample: Record<string, unknown>, place: string, shape: Shape): string | undefined {
  const keys = Object.keys(sample)
  const first = shape.keys.push(...keys) - keys.length
  if (shape.keys.length > MOST_FIELDS || keys.includes('__proto__') || keys.length === 0) return undefined
  const end = first + keys.length
  const count = `count${first}_${shape.lines.length}`
  shape.lines.push(
    `if (typeof ${place} !== 'object' || ${place} === null) return false`,
    ...keys.map((key, index) => `const v${first + index} = ${place}[${JSON.stringify(key)}]`),
    `if (prototypeOf(${place}) !== plain) return false`,
    `let ${count} = ${first}`,
    `for (const key in ${place}) {`,
    ...keys.map(
      (key, index) =>
        `${index === 0 ? '' : 'else '}if (${count} === ${first + index}) { if (key !== ${JSON.stringify(key)}) return false }`,
    ),
    'else return false',
    `${count}++`,
    '}',
    `if (${count} !== ${end}) return false`,
  )
  const fields: string[] = []
  for (const [index, key] of keys.entries()) {
    const [field, name] = [sample[key], `v${first + index}`]
    const code = isPlain(field) ? shapeOf(field, name, shape) : fieldOf(field, name, shape)
    if (code === undefined) return undefined
    fields.push(`${JSON.stringify(key)}: ${code}`)
  }
  return `{ ${fields.join(', ')} }`
}

function fieldOf(sample: unknown, name: string, { narrow, lines, fields }: Shape): string {
  const kept = typeof sample !== 'number' ? 'others' : narrow && (sample | 0) === sample ? 'integers' : 'numbers'
  if (kept === 'integers') lines.push(`if (typeof ${name} !== 'number' || (${name} | 0) !== ${name}) return false`)
  if (kept === 'numbers') lines.push(`if (typeof ${name} !== 'number') return false`)
  const index = fields[kept].push(name) - 1
  return kept === 'integers' ? `integers[${index}]` : `block.${kept}[row * ${kept}Width + ${index}]`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** One block of rows; in each list the fields of a row are side by side. */
type Block = Pick<Fields<Float64Array | unknown[]>, 'numbers' | 'others'>

function compiledColumns(tape: Tape, { lines, keys, fields }: Shape, result: string): Columns {
  const { integers, numbers, others } = fields
  const blocks: Block[] = []
  const addBlock = () => {
    const block = {
      numbers: new Float64Array(BLOCK_ROWS * numbers.length),
      others: new Array(BLOCK_ROWS * others.length),
    }
    blocks.push(block)
    return block
  }
  const widths = `const numbersWidth = ${numbers.length}, othersWidth = ${others.length}`
  const stores = Object.entries({ numbers, others }).flatMap(([kept, names]) =>
    names.map((name, index) => `block.${kept}[row * ${kept}Width + ${index}] = ${name}`),
  )
  const steps = integers.map((_, index) => `step${index}`)
  const add = `
    ${widths}
    let length = 0, block
    ${integers.map((name) => `let last_${name} = 0`).join('\n')}
    return (value, head) => {
      ${lines.join('\n')}
      ${integers.map((name, index) => `const step${index} = stepOf(last_${name}, ${name}); last_${name} = ${name}`).join('\n')}
      const filled = tape.filled
      if (((${['head', ...steps].join(' | ')}) >>> 7) === 0 && filled < ${BLOCK_BYTES - steps.length}) {
        const bytes = tape.last
        ${['head', ...steps].map((name, index) => `bytes[filled + ${index}] = ${name}`).join('\n')}
        tape.filled = filled + ${steps.length + 1}
      } else {
        ${['head', ...steps].map((name) => `append(tape, ${name})`).join('\n')}
      }
      ${stores.length === 0 ? '' : `const row = length++ & ${WITHIN_BLOCK}\nif (row === 0) block = addBlock()`}
      ${stores.join('\n')}
      return true
    }`
  const build = new Function('block', 'row', 'integers', `${widths}\nreturn ${result}`)
  const tools = {
    tape,
    append,
    stepOf,
    addBlock,
    keys,
    plain: Object.prototype,
    prototypeOf: Object.getPrototypeOf,
  }
  return {
    add: new Function(...Object.keys(tools), add)(...Object.values(tools)),
    open(read) {
      const last = new Int32Array(integers.length)
      let row = 0
      return () => {
        for (let index = 0; index < last.length; index++) last[index] = stepFrom(last[index]!, read())
        const place = row++
        return build(blocks[place >> BLOCK_BITS], place & WITHIN_BLOCK, last)
      }
    },
  }
}
