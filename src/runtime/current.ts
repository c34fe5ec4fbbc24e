import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Invocation } from './invocation.ts'

/** One for the process: each storage that was ever used costs every promise and timer a step. */
const storage = new AsyncLocalStorage<Invocation | undefined>()

/** The processors whose modules are loaded now. */
export interface Loading {
  readonly processors: readonly string[]
  /** Whether other processors get the same instances of what these modules import. */
  readonly isShared: boolean
}

let loading: Loading | undefined

/** Returns whose modules are loaded now; undefined when none are. */
export function currentLoading(): Loading | undefined {
  return loading
}

/** Runs code that loads modules of processors. To be called for one module after the other. */
export async function loadAs<Value>(whose: Loading, code: () => Promise<Value>): Promise<Value> {
  loading = whose
  try {
    return await code()
  } finally {
    loading = undefined
  }
}

/** Nothing waits for the end of these, so that Node need not track them. */
const UNTRACKED = { requireManualDestroy: true }

/** The invocation of any run in this process whose code runs now; undefined when it is no handler's. */
export function currentInvocation(): Invocation | undefined {
  return storage.getStore()
}

/** The error that a microtask has just thrown. */
let thrown: { readonly error: unknown; readonly invocation: Invocation } | undefined

/** Returns the invocation whose code raised an uncaught error. Call it only while the process reports that error. */
export function invocationOfUncaught(error: unknown): Invocation | undefined {
  return thrown !== undefined && Object.is(thrown.error, error) ? thrown.invocation : storage.getStore()
}

/** Before Node 24 the context of a microtask has ended when the process reports its error. */
function watchMicrotasks(): void {
  const { queueMicrotask } = globalThis
  const watched = (callback: () => void) => {
    const invocation = storage.getStore()
    if (invocation === undefined || typeof callback !== 'function') queueMicrotask(callback)
    else
      queueMicrotask(() => {
        try {
          callback()
        } catch (error) {
          thrown = { error, invocation }
          queueMicrotask(forget)
          throw error
        }
      })
  }
  globalThis.queueMicrotask = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(queueMicrotask))
}

function forget(): void {
  thrown = undefined
}

let watchesMicrotasks = false

/** Runs users' code, and knows later on whose it is. */
export interface Current {
  /** See {@link currentInvocation}. */
  get(): Invocation | undefined
  /**
   * Runs `code` for an invocation, in an async context that begins as the caller's. Values that it sets by
   * `AsyncLocalStorage.enterWith` reach neither the caller nor another invocation.
   */
  run<Value>(invocation: Invocation, code: (invocation: Invocation, value: Value) => void, value: Value): void
  /**
   * Runs code that does not belong to a handler, in the async context from when this was made. Use it where a handler
   * may be the caller through a promise or a callback.
   */
  apart<Result>(code: () => Result): Result
}

/** Tracks the running code by AsyncLocalStorage. */
export function followCurrent(): Current {
  if (!watchesMicrotasks) watchMicrotasks()
  watchesMicrotasks = true
  const outside = makeResource()
  return {
    get: currentInvocation,
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
