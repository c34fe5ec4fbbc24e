/** The promise of an emit that was accepted at once: one for all, since nothing can tell them apart. */
export const ACCEPTED: Promise<void> = Promise.resolve()

/** A promise of an emit or invoke that may be refused, and whether somebody took its outcome. */
export interface EmitPromise<Value = unknown> {
  /** What the handler gets. */
  readonly promise: Promise<Value>
  readonly acceptance: Promise<Value>
  /** Whether the handler awaited it, chained to it, or gave the emit a callback: then a refusal is the handler's. */
  taken: boolean
  refused: { readonly error: unknown } | undefined
}

/**
 * Follows the acceptance of one emit, or the answer to one invoke. The promise is a thenable of its own making: `await` and `then` reach `taken`
 * through it (a native promise tells nobody that it is awaited). It never counts as unhandled.
 */
export function followEmit<Value>(acceptance: Promise<Value>): EmitPromise<Value> {
  const promise = watched(acceptance, () => {
    follow.taken = true
  })
  const follow: EmitPromise<Value> = { promise, acceptance, taken: false, refused: undefined }
  acceptance.catch((error: unknown) => {
    follow.refused = { error }
  })
  return follow
}

function watched<Value>(promise: Promise<Value>, onTaken: () => void): Promise<Value> {
  const take =
    <A extends unknown[], R>(method: (...args: A) => R) =>
    (...args: A): R => {
      onTaken()
      return method.apply(promise, args)
    }
  return {
    // biome-ignore lint/suspicious/noThenProperty: being awaited is what this object is for.
    then: take(promise.then) as Promise<Value>['then'],
    catch: take(promise.catch) as Promise<Value>['catch'],
    finally: take(promise.finally),
    [Symbol.toStringTag]: 'Promise',
  }
}
