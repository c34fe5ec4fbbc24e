import { type Acceptance, acceptanceOf, openAcceptance } from './acceptance.ts'

/** The promise of an emit that was accepted at once. All such emits share it, because they behave the same. */
export const ACCEPTED: Promise<void> = Promise.resolve()

/** The result of an emit or an invoke for a handler: a promise that knows whether its outcome was taken. */
export interface EmitPromise<Value = unknown> extends Promise<Value> {
  readonly acceptance: Acceptance
  /** Whether the handler awaited it, chained to it, or gave the emit a callback: then a refusal is the handler's. */
  taken: boolean
  /** Whether it was taken as `await` and `Promise.all` do, so that the caller most likely waits for it. */
  awaited: boolean
}

/**
 * Follows the acceptance of one emit, or the answer to one invoke. The promise is a custom thenable: `await` and `then`
 * set `taken` (a native promise cannot detect that it is awaited). It never counts as unhandled.
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
    return this.acceptance.then(...args)
  },
  catch(this: EmitPromise, ...args: Parameters<Promise<unknown>['catch']>) {
    this.taken = true
    return this.acceptance.catch(...args)
  },
  finally(this: EmitPromise, ...args: Parameters<Promise<unknown>['finally']>) {
    this.taken = true
    return this.acceptance.finally(...args)
  },
  [Symbol.toStringTag]: 'Promise',
}

/** The promise of an emit that was refused on the spot. */
export function refusedAtOnce(error: unknown): Promise<void> {
  const acceptance = openAcceptance()
  acceptance.refuse(error)
  return acceptance
}
