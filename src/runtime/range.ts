/** Matches few texts that have no number out of range, and all that have one. */
export const MAYBE_OUT_OF_RANGE = /[eE]\+?\d{3}|\d{200}/

/** The reason for refusing a value that has such a number. */
export const OUT_OF_RANGE = 'has a number out of range: the largest is 1.8e308'

/**
 * Whether a parsed JSON value has a number that JavaScript cannot represent: `1e999` is parsed as Infinity, and would
 * be sent on as null. The value may not nest deep: see `depth.ts`.
 */
export function isOutOfRange(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return false
  for (const name in value) if (isOutOfRange((value as Record<string, unknown>)[name])) return true
  return false
}
