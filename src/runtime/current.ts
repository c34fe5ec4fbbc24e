import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Invocation } from './invocation.ts'

/** One for the process: each storage that was ever used costs every promise and timer a step. */
const storage = new AsyncLocalStorage<Invocation | undefined>()

/** Nothing waits for the end of these, so that Node need not track them. */
const UNTRACKED = { requireManualDestroy: true }

/** Runs users' code, and knows later on whose it is. */
export interface Current {
  /**
   * The invocation whose code runs now, in a promise, timer or event listener too; undefined when it is no handler's. It may be
   * one of another run in this process.
   */
  get(): Invocation | undefined
  /**
   * Calls `code` as that of an invocation, in an async context that begins as the caller's: what it sets by
   * `AsyncLocalStorage.enterWith` reaches neither the caller nor another invocation.
   */
  run<Value>(invocation: Invocation, code: (invocation: Invocation, value: Value) => void, value: Value): void
  /**
   * Calls code that is no handler's, in an async context that begins as it was when this was made. To be used where a handler
   * may be the caller, by a promise or a callback of its own.
   */
  apart<Result>(code: () => Result): Result
}

/** Follows what it runs by AsyncLocalStorage. */
export function followCurrent(): Current {
  const outside = makeResource()
  return {
    get: () => storage.getStore(),
    run(invocation, code, value) {
      // One for each call, since before Node 24 `enterWith` changes the resource that it is called in.
      makeResource().runInAsyncScope(enter<typeof value>, undefined, invocation, code, value)
    },
    apart: (code) =>
      outside.runInAsyncScope(makeResource).runInAsyncScope(() => {
        storage.enterWith(undefined)
        return code()
      }),
  }
}

function makeResource(): AsyncResource {
  return new AsyncResource('attak', UNTRACKED)
}

function enter<Value>(
  invocation: Invocation,
  code: (invocation: Invocation, value: Value) => void,
  value: Value,
): void {
  storage.enterWith(invocation)
  code(invocation, value)
}
