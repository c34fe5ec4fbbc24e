/**
 * The outcome of an emit or an invoke; emits that travel together share one. Awaiting it makes a promise on demand: a
 * native promise would cost each record a microtask, and half a microsecond of AsyncLocalStorage (row D2 of the
 * benchmarks).
 */
export interface Acceptance<Value = unknown> extends Promise<Value> {
  /** Undefined until it was refused. */
  refused: { readonly error: unknown } | undefined
  isSettled: boolean
  /** Called once handlers that awaited it have continued; undefined while nobody waits. */
  waiting: (() => void)[] | undefined
}

/** An acceptance that is not settled yet; only the first call settles it. */
export interface OpenAcceptance extends Acceptance<void> {
  accept(): void
  refuse(error: unknown): void
}

interface Settling extends OpenAcceptance {
  promise: Promise<unknown> | undefined
  /** Settles that promise. */
  tell: (() => void) | undefined
}

const METHODS = {
  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this object is for.
  then(this: Settling, ...args: Parameters<Promise<unknown>['then']>) {
    return promiseOf(this).then(...args)
  },
  catch(this: Settling, ...args: Parameters<Promise<unknown>['catch']>) {
    return promiseOf(this).catch(...args)
  },
  finally(this: Settling, ...args: Parameters<Promise<unknown>['finally']>) {
    return promiseOf(this).finally(...args)
  },
  accept(this: Settling) {
    end(this, undefined)
  },
  refuse(this: Settling, error: unknown) {
    end(this, { error })
  },
  [Symbol.toStringTag]: 'Promise',
}

/** Makes an acceptance. A refusal that is never observed does not raise `unhandledRejection`. */
export function openAcceptance(): OpenAcceptance {
  return open(undefined)
}

function open(promise: Promise<unknown> | undefined): Settling {
  const made = {
    __proto__: METHODS,
    promise,
    tell: undefined,
    refused: undefined,
    isSettled: false,
    waiting: undefined,
  }
  return made as unknown as Settling
}

/** Made only where its outcome is taken at once, so that it never counts as unhandled. */
function promiseOf(acceptance: Settling): Promise<unknown> {
  acceptance.promise ??= new Promise<void>((resolve, reject) => {
    const tell = () => {
      if (acceptance.refused === undefined) resolve()
      else reject(acceptance.refused.error)
    }
    if (acceptance.isSettled) tell()
    else acceptance.tell = tell
  })
  return acceptance.promise
}

function end(acceptance: Settling, refused: Acceptance['refused']): void {
  if (acceptance.isSettled) return
  acceptance.isSettled = true
  acceptance.refused = refused
  acceptance.tell?.()
  for (const call of acceptance.waiting ?? []) afterHandlers(call)
  acceptance.waiting = undefined
}

const known = new WeakMap<Promise<unknown>, Settling>()

/** Returns the acceptance that follows a promise, or the argument itself if it is an acceptance. */
export function acceptanceOf<Value>(promise: Promise<Value> | Acceptance<Value>): Acceptance<Value> {
  if ('waiting' in promise) return promise
  return (known.get(promise) ?? watch(promise)) as Acceptance as Acceptance<Value>
}

function watch(promise: Promise<unknown>): Settling {
  const acceptance = open(promise)
  known.set(promise, acceptance)
  promise.then(
    () => acceptance.accept(),
    (error: unknown) => acceptance.refuse(error),
  )
  return acceptance
}

/** Calls back when it is settled, and code that waited for that has gone on: it may have caught the refusal. */
export function whenSettled(acceptance: Acceptance, call: () => void): void {
  if (acceptance.isSettled) afterHandlers(call)
  else if (acceptance.waiting === undefined) acceptance.waiting = [call]
  else acceptance.waiting.push(call)
}

/** Calls that wait for the same turns of the microtask queue. */
let gathered: (() => void)[] | undefined

/**
 * Code that awaits a promise continues one or two microtasks after it settles. Calls that are due together run
 * together.
 */
function afterHandlers(call: () => void): void {
  if (gathered !== undefined) return void gathered.push(call)
  const calls = [call]
  gathered = calls
  queueMicrotask(() => {
    gathered = undefined
    let turns = 3
    const wait = () => {
      if (turns-- > 0) queueMicrotask(wait)
      else for (const each of calls) each()
    }
    wait()
  })
}
