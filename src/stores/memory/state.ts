import { checkOperations, type StateStore } from '../../runtime/state.ts'
import { createStateTable } from '../../runtime/state-table.ts'

/** What {@link createMemoryState} works with. */
export interface MemoryStateParts {
  /** Milliseconds of any clock. */
  readonly now: () => number
}

/** Keeps state in this process, for as long as it lives. The same calls give the same versions. */
export function createMemoryState({ now }: MemoryStateParts): StateStore {
  const table = createStateTable()
  let versions = 0
  return {
    async transact(operations) {
      checkOperations(operations)
      const version = String(++versions)
      const result = table.transact(operations, { nowMs: now(), version })
      return 'failed' in result ? { kind: 'refused', failed: result.failed } : { kind: 'done', version }
    },
    get: async (key) => table.get(key, now()),
    async *list(group, { prefix = '' }) {
      yield* table.pages(group, prefix, now)
    },
    async close() {},
  }
}
