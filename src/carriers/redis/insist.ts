import type { BrokerWorld } from '../../runtime/broker.ts'

/** How long to wait before a call that was refused is repeated. */
const PAUSE_MS = 1000

/**
 * Repeats a call until Redis takes it: its memory may be full, or it may be read only for a while. Resolves to undefined if the call
 * fails when `isOver` says that it is not needed any more.
 */
export type Insist = <Value>(call: () => Promise<Value>, isOver: () => boolean) => Promise<Value | undefined>

/** Makes the function that repeats calls. People are told when refusals begin, and when they end. */
export function createInsist({ tell, after }: Pick<BrokerWorld, 'tell' | 'after'>, place: string): Insist {
  let isRefused = false
  return async (call, isOver) => {
    for (;;) {
      try {
        const value = await call()
        if (isRefused) tell(`${place} takes what is done again.`, 'info')
        isRefused = false
        return value
      } catch (error) {
        if (isOver()) return undefined
        if (!isRefused)
          tell(`${place} does not take what is done: ${(error as Error).message}. It is tried again.`, 'warn')
        isRefused = true
        await new Promise<void>((resolve) => void after(PAUSE_MS, resolve))
      }
    }
  }
}
