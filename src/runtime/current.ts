import { AsyncLocalStorage } from 'node:async_hooks'
import type { Invocation } from './invocation.ts'

/** Knows whose code is running: while a handler runs, and in whatever it left behind promises, timers and callbacks. */
export interface Current {
  /** The invocation whose code runs now; undefined when it is nobody's, or that cannot be told. */
  get(): Invocation | undefined
  /** Call before a handler runs. `mayOutlast`: it is not known to leave nothing behind when it returns. */
  enter(invocation: Invocation, mayOutlast: boolean): void
  /** Call when the handler has returned. */
  leave(invocation: Invocation): void
  /** Call whenever the caller itself goes on after it waited: it may have been resumed in another's context. */
  resume(): void
}

/** What an async context holds: a box, since changing what is in it costs nothing, and a new context for each handler does. */
interface Box {
  invocation: Invocation | undefined
  /** Nobody else's from its first use on. */
  owned: boolean
  used: boolean
}

/**
 * Follows handlers by AsyncLocalStorage. A handler that may leave something behind has a box of its own, where that finds
 * it later. Those that are known to settle before they return share one; what such a one leaves behind all the same is
 * nobody's.
 */
export function followCurrent(): Current {
  const storage = new AsyncLocalStorage<Box>()
  let box: Box = { invocation: undefined, owned: false, used: false }
  let entered = 0
  const renew = () => {
    box = { invocation: undefined, owned: false, used: false }
    storage.enterWith(box)
  }
  return {
    get: () => storage.getStore()?.invocation,
    enter(invocation, mayOutlast) {
      // A box that is always new is never moved to the old generation, where each write to it would cost 5 ns more.
      if (box.owned || (mayOutlast && box.used) || (++entered & 255) === 0) renew()
      box.invocation = invocation
      box.owned = mayOutlast
      box.used = true
    },
    leave(invocation) {
      if (invocation.state === 'running') renew()
      else if (!box.owned) box.invocation = undefined
    },
    resume: renew,
  }
}
