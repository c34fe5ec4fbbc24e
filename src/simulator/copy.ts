import { type CompiledCopier, compileCopier } from './copy-compiler.ts'
import { type CopySource, copyAgain, copyAny, hasForeignKeys, tally } from './copy-walk.ts'

/** Copies values as JSON does. It remembers the shape of values, so make one for each place that values pass. */
export interface Copier {
  /**
   * Returns a copy equal to `JSON.parse(JSON.stringify(value))`, or undefined for what JSON leaves out. It reads each getter
   * once and calls each `toJSON` once, in the order in which JSON.stringify does. Throws what JSON.stringify throws (for a
   * BigInt, a cycle, or what a getter throws).
   */
  copy(value: unknown): unknown
  /** The value that was copied last is no longer than this many bytes as JSON. Plain data: a getter would cost more. */
  mostBytes: number
}

/**
 * Makes a copier. The first value is walked, and a function is compiled for the shape of its copy. A compiled function
 * compares the shape of each later value before it reads any field, and walks the parts that differ. `onLoss` is called with
 * each value of a handler of which JSON changes a part, such as a Map.
 */
export function createCopier(source: CopySource = 'handler', onLoss?: (value: unknown) => void): Copier {
  const walk = source === 'handler' ? copyAny : copyAgain
  let compiled: CompiledCopier | undefined
  let compilations = 0
  let misses = 0

  const learn = (copied: unknown) => {
    if (compilations === MOST_COMPILATIONS) return
    compiled = compileCopier(copied, source)
    compilations++
    misses = 0
  }

  const copyObject = (value: object): unknown => {
    if (compiled === undefined) {
      const copied = walk(value, '')
      learn(copied)
      return copied
    }
    if (hasForeignKeys()) return walk(value, '')
    const before = tally.misses
    const copied = compiled(value, '')
    if (tally.misses !== before && ++misses > compilations * 64) learn(copied)
    return copied
  }

  const copy = (value: unknown) => (typeof value === 'object' && value !== null ? copyObject(value) : walk(value, ''))

  const copyCounted = (value: unknown) => {
    const { bytes: outerBytes, losses: outerLosses } = tally
    tally.bytes = 0
    tally.losses = 0
    try {
      const copied = copy(value)
      copier.mostBytes = tally.bytes
      if (tally.losses > 0) onLoss?.(value)
      return copied
    } finally {
      // A getter or a toJSON may emit: then this copy was made within another.
      tally.bytes = outerBytes
      tally.losses = outerLosses
    }
  }

  const copier: Copier = { copy: source === 'handler' ? copyCounted : copy, mostBytes: 0 }
  return copier
}

const MOST_COMPILATIONS = 6
