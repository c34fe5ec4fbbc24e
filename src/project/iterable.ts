import { errorOf } from '../errors.ts'
import type { InputEvent } from '../topology/topology.ts'
import { isPromise } from '../topology/user-code.ts'
import { faultOf, ownEvent, problemAt } from './events.ts'

/** How to read events from what a user's function gave. */
export interface IterableOptions {
  /** What gave them, as the user would say it. */
  readonly where: string
  readonly processors: ReadonlySet<string>
  /** Makes an error of what the user's code threw on the way. */
  readonly onError: (error: unknown) => Error
}

const MOST_EVENTS = 64

/**
 * Reads events from any iterable of `{ to, event, key?, topic? }` or of promises of those, in lists of 64 whatever their
 * pace, so that a run does not depend on it. Throws INPUT_INVALID naming the place of what is none, after
 * what came before it.
 */
export async function* readIterable(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  { where, processors, onError }: IterableOptions,
): AsyncGenerator<readonly InputEvent[], void, undefined> {
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]()
  const rethrow = (error: unknown) => {
    throw onError(error)
  }
  let events: InputEvent[] = []
  let done = false
  try {
    for (let index = 0; ; index++) {
      const given = takeNext(iterator, onError)
      const next = isPromise(given) ? await given.then(undefined, rethrow) : given
      done = next.done === true
      if (done) break
      const value = isPromise(next.value) ? await next.value.then(undefined, rethrow) : next.value
      const event = faultOf(value, processors) ?? ownEvent(value as InputEvent)
      if ('what' in event) throw errorOf([problemAt(`${where}, [${index}]`, event)])
      if (events.push(event) === MOST_EVENTS) {
        yield events
        events = []
      }
    }
    if (events.length > 0) yield events
  } catch (error) {
    if (events.length > 0) yield events
    throw error
  } finally {
    if (!done) await iterator.return?.()
  }
}

/** The next result, or a promise of it; a sync iterable costs no promises, which a million events would feel. */
function takeNext(iterator: Iterator<unknown> | AsyncIterator<unknown>, onError: (error: unknown) => Error) {
  try {
    return iterator.next()
  } catch (error) {
    throw onError(error)
  }
}
