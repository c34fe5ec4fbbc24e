import { createRequire, syncBuiltinESMExports } from 'node:module'

/** Timers that are still pending and referenced: they would keep a process alive. */
export interface PendingTimer {
  /** Whose code started it. */
  readonly owner: string
  /** The stack of the call that started it, calls only. */
  readonly stack: string
}

/** Tracks which code started which timers, until it is closed. */
export interface TimerWatch {
  pending(): readonly PendingTimer[]
  /** Forgets the timers that were started so far. */
  forget(): void
  /** Puts the functions of Node back. */
  close(): void
}

interface Started {
  readonly owner: string
  /** Its stack is only written out when it is read. */
  readonly trace: { readonly stack?: unknown }
  isPending(): boolean
}

/** `_destroyed`, of one that has ended or was cleared, is not documented, but there in Node 20 to 24 at least. */
interface NodeTimer {
  readonly _destroyed: boolean
  hasRef(): boolean
}

type Start = (...args: never[]) => unknown
type Functions = Record<string, Start>

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'] as const
/** Enough to find the first call that is in a file. */
const CALLS = 8
/** From this number on, ended timers are forgotten whenever their number has doubled. */
const FIRST_MOST = 1024

/**
 * Watches the timers of Node: the global functions, `node:timers` and `node:timers/promises`. `ownerOf` returns whose
 * code runs; timers without an owner are not watched and cost nothing. Open it before the watched code is loaded,
 * because code may store the functions.
 */
export function watchTimers(ownerOf: () => string | undefined): TimerWatch {
  const require = createRequire(import.meta.url)
  const timers: Functions = require('node:timers')
  const promises: Functions & { scheduler: Functions } = require('node:timers/promises')
  let started: Started[] = []
  let most = FIRST_MOST

  const note: Note = (owner, caller, isPending) => {
    if (started.length >= most) {
      started = started.filter((one) => one.isPending())
      most = Math.max(FIRST_MOST, 2 * started.length)
    }
    started.push({ owner, trace: traceOf(caller), isPending })
  }

  const { watched, watchedPromise, watchedIterator } = watchersOf(ownerOf, note)
  const originals = TIMERS.map((name) => timers[name]!)
  const restores = [
    ...TIMERS.map((name) => replace(timers, name, watched)),
    replace(promises, 'setTimeout', watchedPromise),
    replace(promises, 'setImmediate', watchedPromise),
    replace(promises, 'setInterval', watchedIterator),
    replace(promises.scheduler, 'wait', (wait) => watchedPromise(wait.bind(promises.scheduler))),
    ...TIMERS.map((name, index) =>
      replace(globalThis as unknown as Functions, name, (own) => (own === originals[index] ? timers[name]! : own)),
    ),
  ]
  syncBuiltinESMExports()
  return {
    pending: () =>
      started.flatMap((one) => (one.isPending() ? [{ owner: one.owner, stack: String(one.trace.stack) }] : [])),
    forget() {
      started = []
    },
    close() {
      for (const restore of restores) restore()
      syncBuiltinESMExports()
    },
  }
}

/** Notes a timer that was started; `caller` is the function that the user's code called. */
type Note = (owner: string, caller: Start, isPending: () => boolean) => void

/** Makes wrappers of functions that start timers; they note each timer. */
function watchersOf(ownerOf: () => string | undefined, note: Note) {
  const watched = (start: Start): Start => {
    function timer(...args: never[]): unknown {
      const made = start(...args) as NodeTimer
      const owner = ownerOf()
      if (owner !== undefined) note(owner, timer, () => made._destroyed !== true && made.hasRef())
      return made
    }
    return likeOriginal(timer, start)
  }
  const watchedPromise = (start: Start): Start => {
    function timer(...args: never[]): unknown {
      const owner = ownerOf()
      if (owner === undefined) return start(...args)
      const state = { isPending: isReferenced(args) }
      note(owner, timer, () => state.isPending)
      return settling(start(...args) as Promise<unknown>, state)
    }
    return likeOriginal(timer, start)
  }
  const watchedIterator = (start: Start): Start => {
    async function* timer(...args: never[]): AsyncGenerator<unknown> {
      const owner = ownerOf()
      const state = { isPending: isReferenced(args) }
      if (owner !== undefined) note(owner, timer, () => state.isPending)
      try {
        yield* start(...args) as AsyncGenerator<unknown>
      } finally {
        state.isPending = false
      }
    }
    return likeOriginal(timer, start)
  }
  return { watched, watchedPromise, watchedIterator }
}

/** Restores a function. A replacement that other code made since stays. */
function replace(functions: Functions, name: string, make: (original: Start) => Start): () => void {
  const original = functions[name]!
  const made = make(original)
  functions[name] = made
  return () => {
    if (functions[name] === made) functions[name] = original
  }
}

/** Copies the name, the length, and the result of `util.promisify`. */
function likeOriginal(made: Start, original: Start): Start {
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(original))
}

/** Returns what has the stack of the code that called `caller` as its `stack`, which is written out when it is read. */
export function traceOf(caller: CallableFunction): Started['trace'] {
  const trace = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = CALLS
  Error.captureStackTrace(trace, caller as Start)
  Error.stackTraceLimit = stackTraceLimit
  return trace
}

/** The options of a timer that is a promise come last. */
function isReferenced(args: readonly unknown[]): boolean {
  return (args.at(-1) as { readonly ref?: unknown } | null | undefined)?.ref !== false
}

async function settling(promise: Promise<unknown>, state: { isPending: boolean }): Promise<unknown> {
  try {
    return await promise
  } finally {
    state.isPending = false
  }
}
