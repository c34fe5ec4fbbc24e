/** The promise of an emit that was accepted at once: one for all, since nothing can tell them apart. */
export const ACCEPTED: Promise<void> = Promise.resolve()

/** A promise of an emit that may be refused, and whether somebody took its outcome. */
export interface EmitPromise {
  /** What the handler gets. */
  readonly promise: Promise<void>
  readonly acceptance: Promise<void>
  /** Whether the handler awaited it, chained to it, or gave the emit a callback: then a refusal is the handler's. */
  taken: boolean
  refused: { readonly error: unknown } | undefined
}

/**
 * Follows the acceptance of one emit. The promise is a thenable of its own making: `await` and `then` reach `taken`
 * through it (a native promise tells nobody that it is awaited). It never counts as unhandled.
 */
export function followEmit(acceptance: Promise<void>): EmitPromise {
  const promise = watched(acceptance, () => {
    follow.taken = true
  })
  const follow: EmitPromise = { promise, acceptance, taken: false, refused: undefined }
  acceptance.catch((error: unknown) => {
    follow.refused = { error }
  })
  return follow
}

function watched(promise: Promise<void>, onTaken: () => void): Promise<void> {
  const take =
    <A extends unknown[], R>(method: (...args: A) => R) =>
    (...args: A): R => {
      onTaken()
      return method.apply(promise, args)
    }
  return {
    // biome-ignore lint/suspicious/noThenProperty: being awaited is what this object is for.
    then: take(promise.then) as Promise<void>['then'],
    catch: take(promise.catch) as Promise<void>['catch'],
    finally: take(promise.finally),
    [Symbol.toStringTag]: 'Promise',
  }
}
