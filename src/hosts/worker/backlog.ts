import { createQueue, dequeue, enqueue, type Queue } from '../../simulator/queue.ts'

/**
 * What waits to be started: first what has come furthest, and of that the oldest. So a tree of messages that grows at every hop
 * stays as small as its depth allows.
 */
export interface Backlog<Item> {
  readonly size: number
  /** Adds the newest item of a hop, from 1. */
  add(item: Item, hop: number): void
  /** Takes the next item; undefined when there is none. */
  take(): Item | undefined
}

/** Makes an empty backlog. */
export function createBacklog<Item>(): Backlog<Item> {
  const byHop: Queue<Item>[] = []
  let size = 0
  let deepest = 0
  return {
    get size() {
      return size
    },
    add(item, hop) {
      while (byHop.length <= hop) byHop.push(createQueue())
      enqueue(byHop[hop]!, item)
      size++
      if (hop > deepest) deepest = hop
    },
    take() {
      if (size === 0) return undefined
      while (byHop[deepest]!.size === 0) deepest--
      size--
      return dequeue(byHop[deepest]!)
    },
  }
}
