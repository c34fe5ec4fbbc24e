import type { Message } from '../runtime/message.ts'
import type { InputEvent } from '../topology/topology.ts'
import { createQueue, dequeue, enqueue } from './queue.ts'

/** An event of an earlier run. It continues as the same message, with its id and its lineage. */
export interface ResumedEvent extends InputEvent {
  readonly resumed: {
    readonly id: string
    /** The id of its trace. */
    readonly root: string
    /** The message whose handler emitted it, with its ancestors if they are known; else its id alone. */
    readonly parent?: Message | string
    /** The processor that emitted it; its stream's retry policy holds, if there is such a stream. */
    readonly from?: string
    readonly hop: number
    /** Handle it even if it was handled before. */
    readonly forced?: true
  }
}

/** Takes events out of an input that comes in chunks. */
export interface Intake {
  /** Returns the next event; undefined when none is available yet, though more may follow. */
  next(): InputEvent | undefined
  /**
   * Requests events from the input when none is available. Returns false if that requires waiting. Throws what the
   * input throws.
   */
  ask(): boolean
  /** Whether everything was taken. */
  ended(): boolean
  /** Waits until an event is available or the input has ended. Throws what the input throws. */
  fill(): Promise<void>
  /** Stops the input. Does not wait for an event that was already requested. */
  close(): Promise<void>
}

/** Events in chunks, so that none of them costs a promise. */
export type InputChunks = Iterable<readonly InputEvent[]> | AsyncIterable<readonly InputEvent[]>

/** Opens an input. */
export function openIntake(chunks: InputChunks): Intake {
  const isAsync = Symbol.asyncIterator in chunks
  const iterator = isAsync ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let chunk: readonly InputEvent[] = []
  let position = 0
  let ended = false
  let filling: Promise<void> | undefined
  let isAsked = false
  const take = (result: IteratorResult<readonly InputEvent[], unknown>) => {
    chunk = result.done === true ? [] : result.value
    ended = result.done === true
    position = 0
  }
  const isEmpty = () => position === chunk.length && !ended
  const fill = async () => {
    isAsked = true
    try {
      while (isEmpty()) take(await iterator.next())
    } finally {
      isAsked = false
    }
    filling = undefined
  }
  return {
    next: () => (position < chunk.length ? chunk[position++] : undefined),
    ask() {
      if (isAsync) return false
      while (isEmpty()) take((iterator as Iterator<readonly InputEvent[]>).next())
      return true
    },
    ended: () => ended,
    fill() {
      if (!isEmpty()) return Promise.resolve()
      filling ??= fill()
      return filling
    },
    async close() {
      ended = true
      const closed = Promise.resolve(iterator.return?.())
      // An async generator returns only after the `next()` that is pending, and its input may never come.
      if (isAsked) closed.catch(() => undefined)
      else await closed
    },
  }
}

/** An input that others put events into; it has ended whenever it is empty. */
export interface Box extends Intake {
  put(events: readonly InputEvent[]): void
}

/** Makes an empty box. */
export function openBox(): Box {
  const events = createQueue<InputEvent>()
  return {
    put(more) {
      for (const event of more) enqueue(events, event)
    },
    next: () => dequeue(events),
    ask: () => true,
    ended: () => events.size === 0,
    fill: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
