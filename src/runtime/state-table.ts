import type { Condition, Entry, ListedEntry, Operation, StateKey } from './state.ts'

/** An entry as it is kept: `untilMs` is when it ends. */
export interface KeptEntry extends Entry {
  readonly untilMs?: number
}

/** What a transaction has made of one key; undefined: it is removed. */
export type Change = readonly [group: string, name: string, entry: KeptEntry | undefined]

/** The entries of a store that has them all in memory, without anything that waits. */
export interface StateTable {
  /** Applies a transaction. Returns its changes, or the indexes of operations whose conditions did not hold. */
  transact(
    operations: readonly Operation[],
    moment: Moment,
  ): { readonly changes: readonly Change[] } | { readonly failed: readonly number[] }
  get(key: StateKey, nowMs: number): Entry | undefined
  /** The entries of a group by pages, as they are when each page is taken. */
  pages(group: string, prefix: string, now: () => number): Generator<readonly ListedEntry[]>
  /** Sets an entry as it was kept. */
  set(change: Change): void
  /** All entries that have not ended. */
  all(nowMs: number): Generator<Change>
  readonly size: number
}

/** When a transaction is applied, and the version of what it changes. */
export interface Moment {
  readonly nowMs: number
  readonly version: string
}

const PAGE = 100
/** So many entries are looked at with each transaction, for those that have ended. */
const SWEPT = 4

/** Makes an empty table. */
export function createStateTable(): StateTable {
  const groups = new Map<string, Map<string, KeptEntry>>()
  let size = 0
  let sweeping: Iterator<readonly [string, string, KeptEntry]> = all()

  function* all(): Generator<readonly [string, string, KeptEntry]> {
    for (const [group, entries] of groups) for (const [name, entry] of entries) yield [group, name, entry]
  }
  const find = ({ group, name }: StateKey, nowMs: number) => {
    const entry = groups.get(group)?.get(name)
    return entry === undefined || hasEnded(entry, nowMs) ? undefined : entry
  }
  const set = ([group, name, entry]: Change) => {
    const entries = groups.get(group) ?? new Map<string, KeptEntry>()
    size -= entries.has(name) ? 1 : 0
    if (entry !== undefined) {
      entries.set(name, entry)
      groups.set(group, entries)
      size++
    } else if (entries.delete(name) && entries.size === 0) groups.delete(group)
  }
  const sweep = (nowMs: number) => {
    for (let looked = 0; looked < SWEPT; looked++) {
      const { value, done } = sweeping.next()
      if (done === true) sweeping = all()
      else if (hasEnded(value[2], nowMs)) set([value[0], value[1], undefined])
    }
  }
  return {
    transact(operations, moment) {
      const known = operations.map(({ key }) => find(key, moment.nowMs))
      const failed = operations.flatMap((operation, index) => (holds(operation.if, known[index]) ? [] : [index]))
      if (failed.length > 0) return { failed }
      const changes = operations.flatMap((operation, index) => changeOf(operation, known[index], moment) ?? [])
      for (const change of changes) set(change)
      sweep(moment.nowMs)
      return { changes }
    },
    get(key, nowMs) {
      const entry = find(key, nowMs)
      return entry && entryOf(entry)
    },
    *pages(group, prefix, now) {
      const names = [...(groups.get(group)?.keys() ?? [])].filter((name) => name.startsWith(prefix))
      for (let at = 0; at < names.length; at += PAGE) {
        yield names.slice(at, at + PAGE).flatMap((name) => {
          const entry = find({ group, name }, now())
          return entry === undefined ? [] : [{ name, ...entryOf(entry) }]
        })
      }
    },
    set,
    *all(nowMs) {
      for (const change of all()) if (!hasEnded(change[2], nowMs)) yield change
    },
    get size() {
      return size
    },
  }
}

function hasEnded({ untilMs }: KeptEntry, nowMs: number): boolean {
  return untilMs !== undefined && untilMs <= nowMs
}

function entryOf({ value, sums, version }: KeptEntry): Entry {
  return { ...(value !== undefined && { value }), sums, version }
}

function holds(condition: Condition | undefined, entry: Entry | undefined): boolean {
  if (condition === undefined) return true
  if (condition === 'absent') return entry === undefined
  if (condition === 'present' || entry === undefined) return entry !== undefined
  return 'version' in condition ? entry.version === condition.version : entry.value === condition.value
}

/** Returns a list with the change of an operation; undefined if it changes nothing. */
function changeOf(
  operation: Operation,
  known: KeptEntry | undefined,
  { nowMs, version }: Moment,
): readonly [Change] | undefined {
  const { group, name } = operation.key
  if (operation.kind === 'check') return undefined
  if (operation.kind === 'remove') return known && [[group, name, undefined]]
  const end = operation.ttlMs === undefined ? {} : { untilMs: nowMs + operation.ttlMs }
  if (operation.kind === 'put') return [[group, name, { value: operation.value, sums: {}, version, ...end }]]
  const sums = { ...known?.sums }
  for (const [sum, by] of Object.entries(operation.sums)) sums[sum] = by + (Object.hasOwn(sums, sum) ? sums[sum]! : 0)
  return [[group, name, { ...known, sums, version, ...end }]]
}
