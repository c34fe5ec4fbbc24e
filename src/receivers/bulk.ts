/** How items are written together. */
export interface BulkParts<Item> {
  /** The most items of one request. */
  readonly most: number
  /** The most bytes of one request; an item that is larger is a request of its own. */
  readonly mostBytes: number
  /**
   * Writes items together. Resolves to what each failed with, in order, `undefined` where it was written. Rejects if the request
   * failed as a whole.
   */
  write(items: readonly Item[]): Promise<readonly (Error | undefined)[]>
}

/** An item that waits to be written. */
interface Waiting<Item> {
  readonly item: Item
  resolve(): void
  reject(error: unknown): void
}

/** How long an item waits for others. */
const WAIT_MS = 5

/** Writes items. */
export interface Bulk<Item> {
  /** Resolves when an item of so many bytes is written. Rejects with its own failure, or with that of its request. */
  add(item: Item, bytes: number): Promise<void>
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
}

/** Writes items that come within a few milliseconds with one request. */
export function createBulk<Item>({ most, mostBytes, write }: BulkParts<Item>): Bulk<Item> {
  let waiting: Waiting<Item>[] = []
  let waitingBytes = 0
  let timer: NodeJS.Timeout | undefined
  const writing = new Set<Promise<void>>()
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    waitingBytes = 0
    if (batch.length === 0) return
    const written = writeAll(batch, write).finally(() => writing.delete(written))
    writing.add(written)
  }
  return {
    add(item, bytes) {
      if (waitingBytes + bytes > mostBytes) flush()
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        waitingBytes += bytes
        if (waiting.length >= most) flush()
        else timer ??= setTimeout(flush, WAIT_MS)
      })
    },
    async idle() {
      flush()
      while (writing.size > 0) await Promise.all(writing)
    },
  }
}

async function writeAll<Item>(batch: readonly Waiting<Item>[], write: BulkParts<Item>['write']): Promise<void> {
  try {
    const errors = await write(batch.map(({ item }) => item))
    for (const [index, { resolve, reject }] of batch.entries()) {
      if (errors[index] === undefined) resolve()
      else reject(errors[index])
    }
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
