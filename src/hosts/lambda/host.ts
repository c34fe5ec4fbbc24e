import { writeSync } from 'node:fs'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import { after } from '../after.ts'
import { describerOf } from './stack.ts'

/** The process that a function runs in. */
export interface LambdaHost extends WorkerHost {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The process that this code runs in. */
export function processHost(): LambdaHost {
  return {
    env: process.env,
    console,
    write(text) {
      try {
        writeSync(1, text)
      } catch {
        // A pipe that is full for the moment; the stream waits for it, and costs too much to be opened before.
        process.stdout.write(text)
      }
    },
    now: () => Date.now(),
    after,
    random: () => Math.random(),
    describe: describerOf(import.meta.url),
    onUncaught: (take) => takeUncaught(process, take),
  }
}

/** A listener that {@link takeUncaught} replaces. Earlier listeners receive the errors that are not taken. */
type Listener = (error: unknown, more: unknown) => void

/**
 * Replaces the listeners for uncaught errors. The platform's listener, which is there before ours, ends the process; it
 * now receives only errors that `take` refuses.
 */
export function takeUncaught(
  emitter: Pick<NodeJS.EventEmitter, 'listeners' | 'on' | 'removeAllListeners'>,
  take: (error: unknown) => boolean,
): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    const others = emitter.listeners(event) as Listener[]
    emitter.removeAllListeners(event)
    emitter.on(event, (error: unknown, more: unknown) => {
      if (take(error)) return
      if (others.length === 0) throw error
      for (const other of others) other.call(emitter, error, more)
    })
  }
}
