/**
 * A store of small values and sums, for what has to be exact: joins, jobs, windows, and `context.state`.
 *
 * A transaction changes up to {@link MOST_OPERATIONS} entries, all or none, on conditions. Entries live in groups; only a group
 * can be listed. Each change of an entry gives it a version that no entry of the store has had before.
 *
 * **Lost answers.** A call that rejects with STORE_FAILED may have been done. To repeat a transaction safely, put an entry into
 * it that names the transaction, on the condition `absent`: the repeated call is refused at that entry if the first was done.
 * Or change an entry on the condition of its version, which the first call has changed.
 *
 * Each method ends within `withinMs`. It rejects with an AttakError STORE_FAILED if the store does not answer in time, or
 * refuses.
 */
export interface StateStore {
  /** Applies all operations, or none and says which conditions did not hold. At most one operation for each key. */
  transact(operations: readonly Operation[], withinMs: number): Promise<Transacted>
  /** Returns what the last transaction that was answered has left there, or a later one. Undefined: nothing. */
  get(key: StateKey, withinMs: number): Promise<Entry | undefined>
  /**
   * Returns the entries of a group whose names begin with `prefix`, by pages and in no order. An entry that is there the whole
   * time is returned once. The time limit is for each page.
   */
  list(group: string, options: ListOptions): AsyncIterable<readonly ListedEntry[]>
  /** Ends it. Calls that have begun are answered. */
  close(): Promise<void>
}

/** The place of an entry. */
export interface StateKey {
  readonly group: string
  readonly name: string
}

/** What is kept under a key. */
export interface Entry {
  /** What was put; absent where only sums were added. */
  readonly value?: string
  /** By name; empty without any. */
  readonly sums: Readonly<Record<string, number>>
  /** Distinguishes this state of the entry from all others. */
  readonly version: string
}

/** An entry of a group. */
export interface ListedEntry extends Entry {
  readonly name: string
}

/** What to list. */
export interface ListOptions {
  readonly prefix?: string
  readonly withinMs: number
}

/** What an entry must be, for an operation to be applied. */
export type Condition = 'absent' | 'present' | { readonly version: string } | { readonly value: string }

/** One part of a transaction. `ttlMs`: the entry is absent after that time. */
export type Operation =
  /** Replaces the whole entry: its sums too. */
  | {
      readonly kind: 'put'
      readonly key: StateKey
      readonly value: string
      readonly if?: Condition
      readonly ttlMs?: number
    }
  /** Adds whole numbers to sums, which begin at 0. Leaves the rest of the entry; without `ttlMs` also when it ends. */
  | {
      readonly kind: 'add'
      readonly key: StateKey
      readonly sums: Readonly<Record<string, number>>
      readonly if?: Condition
      readonly ttlMs?: number
    }
  | { readonly kind: 'remove'; readonly key: StateKey; readonly if?: Condition }
  /** Changes nothing. */
  | { readonly kind: 'check'; readonly key: StateKey; readonly if: Condition }

/** What became of a transaction. */
export type Transacted =
  /** `version`: that of the entries which it put or added to. */
  | { readonly kind: 'done'; readonly version: string }
  /** Nothing has changed. `failed`: the indexes of operations whose conditions did not hold, at least one. */
  | { readonly kind: 'refused'; readonly failed: readonly number[] }

/** Source: DynamoDB API reference, TransactWriteItems, read 2026-11-29: 100 actions, one for each item, 4 MB together. */
export const MOST_OPERATIONS = 100
/** An entry of DynamoDB is at most 400 KB, names included. */
export const MOST_VALUE_BYTES = 256 * 1024
/** Source: DynamoDB developer guide, "Quotas": 2048 bytes of a partition key and 1024 of a sort key, read 2026-11-29. */
const MOST_GROUP_BYTES = 2000
const MOST_NAME_BYTES = 1000
const MOST_BYTES = 3_500_000

/** Throws for a transaction that not every store can take: a bug of its caller. */
export function checkOperations(operations: readonly Operation[]): void {
  const refuse = (why: string) => {
    throw new Error(`a transaction ${why}`)
  }
  if (operations.length === 0 || operations.length > MOST_OPERATIONS) refuse(`has ${operations.length} operations`)
  const keys = new Set<string>()
  let bytes = 0
  for (const operation of operations) {
    const { group, name } = operation.key
    keys.add(JSON.stringify([group, name]))
    if (!isText(group, MOST_GROUP_BYTES)) refuse(`has the group ${JSON.stringify(group)}`)
    if (!isText(name, MOST_NAME_BYTES)) refuse(`has the name ${JSON.stringify(name)}`)
    if (operation.kind === 'put') {
      const size = Buffer.byteLength(operation.value)
      if (!isText(operation.value, MOST_VALUE_BYTES)) refuse(`has a value of ${size} bytes`)
      bytes += size
    }
    const sums = operation.kind === 'add' ? Object.values(operation.sums) : []
    if (!sums.every(Number.isSafeInteger)) refuse('adds what is no whole number')
  }
  if (keys.size < operations.length) refuse('has two operations for one key')
  if (bytes > MOST_BYTES) refuse(`has ${bytes} bytes`)
}

/** Whether a text can be kept in so many bytes. */
function isText(text: string, mostBytes: number): boolean {
  return Buffer.byteLength(text) <= mostBytes && isWellFormed(text)
}

/** Whether a text can be written as UTF-8 and read again: it has no half of a character. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text)
}
