/** Something that can be there only when others are. */
export interface Needing {
  readonly id: string
  readonly needs?: readonly string[]
}

/**
 * Puts each behind all that it needs; where needs leave the order open, `compare` decides, so that the result does not
 * depend on the order given. Needs that are not among the items count as met. Throws an Error on a cycle.
 */
export function orderByNeeds<T extends Needing>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  const waiting = [...items].sort(compare)
  const missing = new Set(waiting.map(({ id }) => id))
  const ordered: T[] = []
  while (waiting.length > 0) {
    const ready = waiting.filter(({ id, needs = [] }) => needs.every((need) => need === id || !missing.has(need)))
    if (ready.length === 0) throw new Error(`resources need each other: ${waiting.map(({ id }) => id).join(', ')}`)
    ordered.push(...ready)
    for (const item of ready) waiting.splice(waiting.indexOf(item), 1)
    for (const { id } of ready) if (!waiting.some((other) => other.id === id)) missing.delete(id)
  }
  return ordered
}

/** Compares texts by their code units, as `sort` does. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
