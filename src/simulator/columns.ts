/** Keeps values of one shape, far smaller than they are, and without an object for each that a collector would look at. */
export interface Columns {
  /** Keeps what a value holds, as the last one; false when the value has another shape. */
  readonly add: (value: unknown) => boolean
  /** Makes the value of a row anew. */
  readonly at: (row: number) => unknown
}

const BLOCK_BITS = 13
const BLOCK_ROWS = 1 << BLOCK_BITS
const WITHIN_BLOCK = BLOCK_ROWS - 1
const MOST_FIELDS = 48

/**
 * Makes columns for the shape of `sample`: a plain object of the same keys in the same order, with numbers in the same
 * fields; inner objects likewise. `narrow`: fields that hold whole numbers of 32 bits have no others. Columns for anything
 * but a plain object take any value as it is.
 */
export function columnsFor(sample: unknown, narrow: boolean): Columns {
  const shape: Shape = { narrow, lines: [], keys: [], fields: { integers: [], numbers: [], others: [] } }
  const result = isPlain(sample) ? shapeOf(sample, 'value', shape) : undefined
  return result === undefined ? plainColumns() : compiledColumns(shape, result)
}

/** Makes columns that take any value as it is. */
export function plainColumns(): Columns {
  const blocks: unknown[][] = []
  let length = 0
  return {
    add(value) {
      if ((length & WITHIN_BLOCK) === 0) blocks.push(new Array(BLOCK_ROWS))
      blocks[blocks.length - 1]![length++ & WITHIN_BLOCK] = value
      return true
    },
    at: (row) => blocks[row >> BLOCK_BITS]![row & WITHIN_BLOCK],
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
  return `block.${kept}[row * ${kept}Width + ${fields[kept].push(name) - 1}]`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** One block of rows; in each list the fields of a row are side by side. */
interface Block extends Fields<Int32Array | Float64Array | unknown[]> {}

function compiledColumns({ lines, keys, fields }: Shape, result: string): Columns {
  const { integers, numbers, others } = fields
  const blocks: Block[] = []
  const addBlock = () => {
    const block = {
      integers: new Int32Array(BLOCK_ROWS * integers.length),
      numbers: new Float64Array(BLOCK_ROWS * numbers.length),
      others: new Array(BLOCK_ROWS * others.length),
    }
    blocks.push(block)
    return block
  }
  const widths = `const integersWidth = ${integers.length}, numbersWidth = ${numbers.length}, othersWidth = ${others.length}`
  const stores = Object.entries(fields).flatMap(([kept, names]: [string, string[]]) =>
    names.map((name, index) => `block.${kept}[row * ${kept}Width + ${index}] = ${name}`),
  )
  const add = `
    ${widths}
    let length = 0, block
    return (value) => {
      ${lines.join('\n')}
      const row = length++ & ${WITHIN_BLOCK}
      if (row === 0) block = addBlock()
      ${stores.join('\n')}
      return true
    }`
  const build = new Function('block', 'row', `${widths}\nreturn ${result}`)
  return {
    add: new Function('addBlock', 'keys', 'plain', 'prototypeOf', add)(addBlock, keys, Object.prototype, prototypeOf),
    at: (row) => build(blocks[row >> BLOCK_BITS], row & WITHIN_BLOCK),
  }
}

const prototypeOf = Object.getPrototypeOf
