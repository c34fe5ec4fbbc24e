import { format } from 'node:util'
import { AttakError, nearest } from '../errors.ts'
import type { State, StateEntry, StateSetOptions } from '../topology/state.ts'
import { checkedDepth } from './depth.ts'
import { followEmit } from './emit-promise.ts'
import { addFollow, type Invocation } from './invocation.ts'
import { sayUnwritable } from './refusal.ts'
import { hasEnded, refuseLate } from './settle.ts'
import { type Condition, isWellFormed, MOST_VALUE_BYTES, type Operation, type StateKey } from './state.ts'

/** A key fits into a group of a store, behind the name of its processor. */
const MOST_KEY_BYTES = 1024
/** Ten years. */
const MOST_TTL_SECONDS = 315_360_000
/** No call waits longer, so that a message can be tried again. */
const MOST_WAIT_MS = 10_000

const OPTIONS = {
  get: [],
  set: ['ifAbsent', 'ifVersion', 'ttlSeconds'],
  delete: ['ifVersion'],
} as const satisfies Readonly<Record<keyof State, readonly string[]>>

/** Implements `context.state`. What is wrong with a call is known, and its value is copied, before it returns. */
export function stateOf(invocation: Invocation): State {
  return {
    get: <Value>(key: string) =>
      follow(invocation, 'get', async (): Promise<StateEntry<Value>> => {
        const { store, place } = openCall(invocation, 'get', key)
        const entry = await store.get(place, await turnOf(invocation))
        if (entry?.value === undefined) return { value: undefined, version: null }
        return { value: JSON.parse(entry.value), version: entry.version }
      }),
    set: (key, value, options) =>
      follow(invocation, 'set', async () => {
        const { store, place, given } = openCall(invocation, 'set', key, options)
        const { ttlSeconds, ...condition } = given
        const end = ttlSeconds === undefined ? {} : { ttlMs: Math.ceil(ttlSeconds * 1000) }
        const put: Operation = { kind: 'put', key: place, value: textOf(key, value), ...ifOf(condition), ...end }
        const result = await store.transact([put], await turnOf(invocation))
        return result.kind === 'done' ? result.version : undefined
      }),
    delete: (key, options) =>
      follow(invocation, 'delete', async () => {
        const { store, place, given } = openCall(invocation, 'delete', key, options)
        const result = await store.transact([{ kind: 'remove', key: place, ...ifOf(given) }], await turnOf(invocation))
        return result.kind === 'done'
      }),
  }
}

/** Its invocation waits for the call like for an emit; a rejection that the handler does not take fails the message. */
function follow<Value>(invocation: Invocation, method: keyof State, call: () => Promise<Value>): Promise<Value> {
  if (invocation.phase !== 'running') return Promise.reject(late(invocation, method))
  const followed = followEmit(call())
  addFollow(invocation, followed)
  return followed
}

function openCall(invocation: Invocation, method: keyof State, key: string, options?: object) {
  const { state: store } = invocation.runtime
  if (store === undefined) throw unset(invocation, method)
  const place = keyOf(invocation, method, key)
  return { store, place, given: optionsOf(`${method} of "${key}"`, options, OPTIONS[method]) }
}

/** Waits until the invocation may use its state. Returns for how long a call may wait. */
async function turnOf(invocation: Invocation): Promise<number> {
  await invocation.runtime.host.turn?.(invocation)
  if (hasEnded(invocation)) throw invocation.failure?.error
  return Math.min(MOST_WAIT_MS, Math.max(1, invocation.getRemainingTimeInMillis()))
}

/** Each key is a group of its own: no store then has to list them, or keeps all of them in one partition. */
function keyOf({ processor }: Invocation, method: keyof State, key: unknown): StateKey {
  const refuse = (what: string, remedy: string) => refusal(`context.state.${method}: the key ${what}`, remedy)
  if (typeof key !== 'string' || key === '') {
    throw refuse(`must be a string that is not empty, got ${format('%o', key)}`, 'Give the key as a string.')
  }
  const bytes = Buffer.byteLength(key)
  if (bytes > MOST_KEY_BYTES) {
    throw refuse(
      `has ${bytes} bytes, more than the limit of ${MOST_KEY_BYTES}`,
      'Use a shorter key, such as a hash of this one.',
    )
  }
  if (!isWellFormed(key)) throw refuse(`${JSON.stringify(key)} has half a character`, 'Cut texts between characters.')
  return { group: `${processor}/${key}`, name: '' }
}

function optionsOf(call: string, options: unknown, known: readonly string[]): StateSetOptions {
  if (options === undefined) return {}
  const refuse = (what: string) => refusal(`state.${call}: ${what}`, `Its options are ${known.join(', ')}.`)
  if (typeof options !== 'object' || options === null)
    throw refuse(`options must be an object, got ${format('%o', options)}`)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw refuse(`there is no option "${name}"${near === undefined ? '' : `, did you mean "${near}"`}`)
  }
  // Properties that other code added to Object.prototype are no options.
  const own: Readonly<Record<string, unknown>> = { __proto__: null, ...options }
  const { ifAbsent, ifVersion, ttlSeconds } = own
  if (ifAbsent !== undefined && typeof ifAbsent !== 'boolean') {
    throw refuse(`ifAbsent must be true or false, got ${format('%o', ifAbsent)}`)
  }
  // A version that is undefined by mistake must not become a change without a condition.
  if ('ifVersion' in own && ifVersion !== null && typeof ifVersion !== 'string') {
    throw refuse(`ifVersion must be a version that get returned, or null, got ${format('%o', ifVersion)}`)
  }
  if (ifAbsent === true && ifVersion !== undefined) throw refuse('it has two conditions, ifAbsent and ifVersion')
  if (
    ttlSeconds !== undefined &&
    !(typeof ttlSeconds === 'number' && ttlSeconds > 0 && ttlSeconds <= MOST_TTL_SECONDS)
  ) {
    throw refuse(`ttlSeconds must be a number above 0, up to ${MOST_TTL_SECONDS}, got ${format('%o', ttlSeconds)}`)
  }
  return own as StateSetOptions
}

function ifOf({ ifAbsent, ifVersion }: StateSetOptions): { readonly if?: Condition } {
  if (ifAbsent === true || ifVersion === null) return { if: 'absent' }
  return ifVersion === undefined ? {} : { if: { version: ifVersion } }
}

/** Writes a value as JSON. Throws STATE_REFUSED for what JSON cannot carry, or would silently change to something else. */
function textOf(key: string, value: unknown): string {
  const refuse = (what: string, cause?: unknown) =>
    refusal(`set of "${key}" in context.state: ${what}`, 'Keep what JSON can carry.', cause)
  let text: string | undefined
  try {
    text = checkedDepth(JSON.stringify(value, strict) as string | undefined)
  } catch (cause) {
    throw refuse(sayUnwritable(value, cause), cause)
  }
  if (text === undefined) throw refuse(`${format('%o', value)} is no JSON value`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= MOST_VALUE_BYTES) return text
  const what = `the value has ${bytes} bytes, more than the limit of ${MOST_VALUE_BYTES}`
  throw refusal(`set of "${key}" in context.state: ${what}`, 'Keep less under a key, or use a database.')
}

/** JSON makes `null` of NaN, and `{}` of a Map or a Set. */
function strict(name: string, value: unknown): unknown {
  const where = name === '' ? 'the value' : `"${name}"`
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${where} is ${value}`)
  if (value instanceof Map || value instanceof Set) throw new TypeError(`${where} is a ${value.constructor.name}`)
  return value
}

function refusal(what: string, remedy: string, cause?: unknown): AttakError {
  return new AttakError('STATE_REFUSED', what, remedy, cause === undefined ? {} : { cause })
}

function unset({ processor }: Invocation, method: keyof State): AttakError {
  return refusal(
    `context.state.${method}: the processor "${processor}" has no state`,
    `Set state: true on the processor "${processor}" in the topology.`,
  )
}

function late(invocation: Invocation, method: keyof State): AttakError {
  const did = `called context.state.${method}`
  const remedy = 'Await calls of context.state before the handler returns, resolves or calls back.'
  return refuseLate(invocation, { code: 'STATE_REFUSED', did, remedy })
}
