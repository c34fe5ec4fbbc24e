import type { SourceEvent, SourceWorld } from '../runtime/source.ts'
import { describeThrown } from '../runtime/thrown.ts'

/** The events of a source that are not done. */
export interface Taking {
  /** Resolves when there is room for one more. */
  room(): Promise<void>
  /** Takes an event. Calls `done` when it and all that it caused is done; never if it cannot be taken. */
  take(event: SourceEvent, done: () => void): void
  readonly open: number
  /** Resolves when nothing is open. */
  settled(): Promise<void>
}

/** Counts what a source has taken. */
export function createTaking(world: Pick<SourceWorld, 'take' | 'room' | 'say'>): Taking {
  const running = new Set<Promise<void>>()
  return {
    async room() {
      for (let wait = world.room(); wait !== undefined; wait = world.room()) await wait
    },
    take(event, done) {
      const ended = world.take(event).then(done, (error: unknown) => {
        world.say(`An event for "${event.to}" could not be taken: ${describeThrown(error).message}`, 'error')
      })
      running.add(ended)
      void ended.finally(() => running.delete(ended))
    },
    get open() {
      return running.size
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
