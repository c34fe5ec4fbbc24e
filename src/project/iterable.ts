import { errorOf } from '../errors.ts'
import type { InputEvent } from '../topology/topology.ts'
import { isPromise } from '../topology/user-code.ts'
import { faultOf, ownEvent, problemAt, readMadeEvent } from './events.ts'

/** How to read events from what a user's function gave. */
export interface IterableOptions {
  /** The source of the events, as shown to the user. */
  readonly where: string
  readonly processors: ReadonlySet<string>
  /** Makes an error of what the user's code threw on the way. */
  readonly onError: (error: unknown) => Error
}

const MOST_EVENTS = 64

/**
 * Reads events from any iterable of `{ to, event, key?, topic? }` or of promises of those. Yields lists of 64 whatever
 * their pace, so that a run does not depend on it. Throws INPUT_INVALID with the place of an invalid event, after
 * yielding those before it.
 */
export async function* readIterable(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  { where, processors, onError }: IterableOptions,
): AsyncGenerator<readonly InputEvent[], void, undefined> {
  const reader = openReader(values)
  let events: InputEvent[] = []
  let failed = false
  try {
    for (let index = 0; ; index++) {
      const taken = reader.next()
      const next = taken instanceof Promise ? await taken : taken
      if (next.kind === 'threw') throw onError(next.error)
      if (next.kind === 'end') break
      const event = faultOf(next.value, processors) ?? ownEvent(next.value as InputEvent)
      if ('what' in event) throw errorOf([problemAt(`${where}, [${index}]`, event)])
      if (events.push(event) === MOST_EVENTS) {
        yield events
        events = []
      }
    }
    if (events.length > 0) yield events
  } catch (error) {
    failed = true
    if (events.length > 0) yield events
    throw error
  } finally {
    const closed = await reader.close()
    // The first error explains the problem; an error of the cleanup after it does not.
    if (closed !== undefined && !failed) await Promise.reject(onError(closed.error))
  }
}

/** What the user's code returned or threw. */
type Next =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'end' }
  | { readonly kind: 'threw'; readonly error: unknown }

const END: Next = { kind: 'end' }

/**
 * Reads one value at a time; whatever the user's code throws on the way is a result. A sync iterable costs no promises, which
 * a million events would feel.
 */
function openReader(values: Iterable<unknown> | AsyncIterable<unknown>) {
  let iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined
  let isOpen = false
  const failed = (error: unknown): Next => {
    isOpen = false
    return { kind: 'threw', error }
  }
  const read = (value: unknown): Next => ({ kind: 'value', value: readMadeEvent(value) })
  const resultOf = (result: IteratorResult<unknown>): Next | Promise<Next> => {
    isOpen = !result.done
    if (!isOpen) return END
    const { value } = result
    return isPromise(value) ? Promise.resolve(value).then(read) : read(value)
  }
  return {
    next(): Next | Promise<Next> {
      try {
        iterator ??= Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]()
        const result = iterator.next()
        const next = isPromise(result) ? Promise.resolve(result).then(resultOf) : resultOf(result)
        return next instanceof Promise ? next.then(undefined, failed) : next
      } catch (error) {
        return failed(error)
      }
    },
    /** Ends an iterator that is not read to its end. Returns what it throws. */
    async close(): Promise<{ readonly error: unknown } | undefined> {
      if (!isOpen) return undefined
      isOpen = false
      try {
        await iterator?.return?.()
        return undefined
      } catch (error) {
        return { error }
      }
    },
  }
}
