/** Items that are due at virtual times; items with one time are in the order in which they were added. */
export interface Timers<T> {
  /** `atMs`: virtual milliseconds. */
  add(atMs: number, item: T): void
  /** When the next is due; undefined when nothing is. */
  nextMs(): number | undefined
  /** Takes the next; undefined when there is none. */
  shift(): T | undefined
  readonly size: number
}

interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

/** Makes an empty set of timers: a binary heap. */
export function createTimers<T>(): Timers<T> {
  const heap: Entry<T>[] = []
  let added = 0
  return {
    add(atMs, item) {
      heap.push({ atMs, order: added++, item })
      rise(heap)
    },
    nextMs: () => heap[0]?.atMs,
    shift() {
      const top = heap[0]
      const last = heap.pop()
      if (top === undefined || last === undefined) return undefined
      if (heap.length > 0) {
        heap[0] = last
        sink(heap)
      }
      return top.item
    },
    get size() {
      return heap.length
    },
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function rise<T>(heap: Entry<T>[]): void {
  let index = heap.length - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(heap[index]!, heap[parent]!)) return
    swap(heap, index, parent)
    index = parent
  }
}

function sink<T>(heap: Entry<T>[]): void {
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    if (left >= heap.length) return
    const right = left + 1
    const least = right < heap.length && before(heap[right]!, heap[left]!) ? right : left
    if (!before(heap[least]!, heap[index]!)) return
    swap(heap, index, least)
    index = least
  }
}

function swap<T>(heap: Entry<T>[], a: number, b: number): void {
  const entry = heap[a]!
  heap[a] = heap[b]!
  heap[b] = entry
}
