/** The promise of an emit that was accepted at once: one for all, since nothing can tell them apart. */
export const ACCEPTED: Promise<void> = Promise.resolve()

/** What becomes of an emit or an invoke; emits that travel together share one. */
export interface Acceptance {
  readonly promise: Promise<unknown>
  /** Undefined until it was refused. */
  refused: { readonly error: unknown } | undefined
  isSettled: boolean
  readonly waiting: (() => void)[]
}

/** What a handler gets for an emit or an invoke: a promise that knows whether somebody took its outcome. */
export interface EmitPromise<Value = unknown> extends Promise<Value> {
  readonly acceptance: Acceptance
  /** Whether the handler awaited it, chained to it, or gave the emit a callback: then a refusal is the handler's. */
  taken: boolean
  /** Whether it was taken as `await` and `Promise.all` do, so that whoever made it most likely waits for it. */
  awaited: boolean
}

/**
 * Follows the acceptance of one emit, or the answer to one invoke. The promise is a thenable of its own making: `await`
 * and `then` reach `taken` through it (a native promise tells nobody that it is awaited). It never counts as unhandled.
 */
export function followEmit<Value>(promise: Promise<Value>): EmitPromise<Value> {
  const follow = { __proto__: METHODS, acceptance: acceptanceOf(promise), taken: false, awaited: false }
  return follow as unknown as EmitPromise<Value>
}

const METHODS = {
  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this object is for.
  then(this: EmitPromise, ...args: Parameters<Promise<unknown>['then']>) {
    this.taken = true
    this.awaited ||= args.length === 2
    return this.acceptance.promise.then(...args)
  },
  catch(this: EmitPromise, ...args: Parameters<Promise<unknown>['catch']>) {
    this.taken = true
    return this.acceptance.promise.catch(...args)
  },
  finally(this: EmitPromise, ...args: Parameters<Promise<unknown>['finally']>) {
    this.taken = true
    return this.acceptance.promise.finally(...args)
  },
  [Symbol.toStringTag]: 'Promise',
}

const known = new WeakMap<Promise<unknown>, Acceptance>()
/** Most emits travel with the one before. */
let last: Acceptance | undefined

function acceptanceOf(promise: Promise<unknown>): Acceptance {
  if (last?.promise !== promise) last = known.get(promise) ?? watch(promise)
  return last
}

function watch(promise: Promise<unknown>): Acceptance {
  const acceptance: Acceptance = { promise, refused: undefined, isSettled: false, waiting: [] }
  known.set(promise, acceptance)
  const settled = () => {
    acceptance.isSettled = true
    afterHandlers(() => {
      for (const call of acceptance.waiting.splice(0)) call()
    })
  }
  promise.then(settled, (error: unknown) => {
    acceptance.refused = { error }
    settled()
  })
  return acceptance
}

/** The promise of an emit that was refused on the spot, which its acceptance then tells at once. */
export function refusedAtOnce(error: unknown): Promise<never> {
  const promise = Promise.reject(error)
  watch(promise).refused = { error }
  return promise
}

/** Calls back when it is settled, and handlers that waited for that have gone on: they may have emitted again. */
export function whenSettled(acceptance: Acceptance, call: () => void): void {
  if (acceptance.isSettled) afterHandlers(call)
  else acceptance.waiting.push(call)
}

/** What awaits a promise goes on one or two microtasks after it is settled. */
function afterHandlers(call: () => void): void {
  queueMicrotask(() => queueMicrotask(() => queueMicrotask(call)))
}
