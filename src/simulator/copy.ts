import { checkedDepth } from '../runtime/depth.ts'
import { CHARACTER_BYTES, type CompiledCopier, compileCopier, SCALAR_BYTES, type Tally } from './copy-compiler.ts'

/** Copies JSON values; keeps what it learnt of their shape, so make one for each place that values pass. */
export interface Copier {
  /**
   * Gives a copy of its own, equal to `JSON.parse(JSON.stringify(value))`; undefined for what JSON leaves out. Throws what
   * JSON.stringify throws (a BigInt, a cycle).
   */
  copy(value: unknown): unknown
  /** The value that was copied last is no longer than this many bytes as JSON. Plain data: a getter would cost more. */
  mostBytes: number
}

/** What a compiled copier gives for a value of another shape, and a walk for a value that needs JSON itself. */
const MISS = Symbol('miss')

/**
 * Makes a copier. It compiles a function for the shape that it sees, which verifies that shape at each call; other
 * plain values are walked, and whatever is not plain (`toJSON`, boxed primitives, other prototypes) goes through JSON.
 */
export function createCopier(): Copier {
  let compiled: CompiledCopier | undefined
  let compilations = 0
  let misses = 0

  const copyObject = (value: object): unknown => {
    if (compiled !== undefined) {
      const copied = compiled(value)
      if (copied !== MISS) {
        copier.mostBytes = tally.bytes
        return copied
      }
      misses++
    }
    if (compilations < MOST_COMPILATIONS && (compiled === undefined || misses > compilations * 64)) {
      compiled = compileCopier(value, { miss: MISS, walk, tally })
      compilations++
      misses = 0
    }
    return slowly(value)
  }

  const slowly = (value: unknown): unknown => {
    tally.bytes = 0
    const copied = walk(value, 0)
    if (copied !== MISS) {
      copier.mostBytes = tally.bytes
      return copied
    }
    const text = checkedDepth(JSON.stringify(value) as string | undefined)
    copier.mostBytes = text === undefined ? 0 : text.length * 3
    return text === undefined ? undefined : JSON.parse(text)
  }

  const copier: Copier = {
    copy: (value) => (typeof value === 'object' && value !== null ? copyObject(value) : slowly(value)),
    mostBytes: 0,
  }
  return copier
}

const tally: Tally = { bytes: 0 }
const MOST_COMPILATIONS = 6
const MOST_DEPTH = 100

function walk(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      tally.bytes += value.length * CHARACTER_BYTES + 3
      return value
    case 'number':
      tally.bytes += SCALAR_BYTES
      return Number.isFinite(value) ? value + 0 : null
    case 'boolean':
      tally.bytes += SCALAR_BYTES
      return value
    case 'object':
      if (value === null) {
        tally.bytes += SCALAR_BYTES
        return null
      }
      if (depth > MOST_DEPTH || 'toJSON' in value) return MISS
      return Array.isArray(value) ? walkArray(value, depth) : walkObject(value, depth)
    case 'bigint':
      return MISS
    case 'function':
      return 'toJSON' in value ? MISS : undefined
    default:
      return undefined
  }
}

function walkArray(value: readonly unknown[], depth: number): unknown {
  const copied: unknown[] = []
  tally.bytes += 2
  for (let index = 0; index < value.length; index++) {
    const item = walk(value[index], depth + 1)
    if (item === MISS) return MISS
    tally.bytes += 5
    copied.push(item === undefined ? null : item)
  }
  return copied
}

function walkObject(value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return MISS
  const copied: Record<string, unknown> = {}
  tally.bytes += 2
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return MISS
    const item = walk((value as Record<string, unknown>)[key], depth + 1)
    if (item === MISS) return MISS
    if (item === undefined) continue
    tally.bytes += key.length * CHARACTER_BYTES + 4
    copied[key] = item
  }
  return copied
}
