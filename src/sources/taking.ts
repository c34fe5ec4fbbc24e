import type { SourceEvent, SourceWorld } from '../runtime/source.ts'
import { createStop, waitFor } from '../runtime/stop.ts'
import { describeThrown } from '../runtime/thrown.ts'

/** The events of a source that are not done. */
export interface Taking {
  /** Resolves when there is room for one more. */
  room(): Promise<void>
  /**
   * Takes an event, again and again if that fails. Calls `done` with the number of its error records when its source may forget it.
   */
  take(event: SourceEvent, done: (errors: number) => void): void
  readonly open: number
  /** Resolves when nothing is open. What cannot be taken is not tried again from then on. */
  settled(): Promise<void>
}

/** How long to wait before an event is taken again; twice that the next time. */
const FIRST_WAIT_MS = 500
const MOST_WAIT_MS = 30_000

/** Counts what a source has taken. */
export function createTaking(world: Pick<SourceWorld, 'take' | 'room' | 'say' | 'after'>): Taking {
  const running = new Set<Promise<void>>()
  const ending = createStop()
  const takeAgain = async (event: SourceEvent, done: (errors: number) => void): Promise<void> => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
      try {
        return done(await world.take(event))
      } catch (error) {
        const what = `An event for "${event.to}" could not be taken: ${describeThrown(error).message}`
        world.say(ending.isStopped ? what : `${what} It is tried again.`, 'error')
      }
      if (ending.isStopped) return
      await waitFor(world, waitMs, ending)
    }
  }
  return {
    async room() {
      for (let wait = world.room(); wait !== undefined; wait = world.room()) await wait
    },
    take(event, done) {
      const ended = takeAgain(event, done)
      running.add(ended)
      void ended.finally(() => running.delete(ended))
    },
    get open() {
      return running.size
    },
    async settled() {
      ending.stop()
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
