import { format } from 'node:util'
import { AttakError } from '../errors.ts'
import { MOST_DEPTH, TOO_DEEP } from './depth.ts'
import type { Invocation } from './invocation.ts'
import type { Message } from './message.ts'
import { isError } from './thrown.ts'

/** Why an emit's data cannot travel: names the topic and the path to what JSON cannot carry. */
export function dataRefusal(topic: string, data: unknown, cause: unknown): AttakError {
  const what = sayUnwritable(data, cause)
  return new AttakError('EMIT_REFUSED', `emit of "${topic}": ${what}`, 'Emit what JSON can carry.', { cause })
}

/** Describes the part of `data` that JSON cannot carry, after copying it failed with `cause`. */
export function sayUnwritable(data: unknown, cause: unknown): string {
  const found = tryToFind(data)
  if (found !== undefined) return sayFound(found)
  return isError(cause) ? cause.message : format('%s', cause)
}

/**
 * Looks through data whose code may throw again: a getter or a proxy. If it throws, only the cause explains the
 * refusal.
 */
function tryToFind(data: unknown): Found | undefined {
  try {
    return findUnwritable(data)
  } catch {
    return undefined
  }
}

/** Returns the step from a value to its field or element: `.at`, `[0]`, `["a b"]`. */
export function pathStep(value: object, key: string): string {
  if (Array.isArray(value)) return `[${key}]`
  return /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Why an emit is too large: its bytes as it travels, and what its stream carries. */
export function sizeRefusal(topic: string, bytes: number, limitBytes: number): AttakError {
  return new AttakError(
    'EMIT_TOO_LARGE',
    `emit of "${topic}": ${bytes} bytes as it travels, and a stream carries at most ${limitBytes}`,
    'Emit less, or store the data elsewhere and emit its address.',
  )
}

/** Why an emit cannot have a key: its stream does not keep their order. */
export function keyRefusal(topic: string): AttakError {
  return new AttakError(
    'EMIT_REFUSED',
    `emit of "${topic}": it has a key, and its stream does not keep the order of keys`,
    'Set fifo: true or another via on the stream, or emit without a key.',
  )
}

/** Why an emit goes no further: its message has come through as many processors as the topology allows. */
export function hopRefusal(topic: string, hopLimit: number): AttakError {
  return new AttakError(
    'HOP_LIMIT',
    `emit of "${topic}": its event has passed through ${hopLimit} processors, the hop limit`,
    'Fix the cycle that never ends, or raise hopLimit in the topology.',
  )
}

/** Why an invocation was ended: its message had `ms` milliseconds, and did not settle. */
export function timeoutRefusal(invocation: TimedOut, ms: number): AttakError {
  const { processor, id } = invocation
  return new AttakError(
    'TIMEOUT',
    `"${processor}" did not settle within ${ms / 1000} s (message ${id})`,
    `${sayHowToSettle(invocation)}; or raise timeout (seconds) for this processor.`,
  )
}

/** The part of an invocation that the message about its timeout needs. */
type TimedOut = Pick<Invocation, 'processor' | 'id' | 'rare'> & {
  readonly runtime: Pick<Invocation['runtime'], 'settlesByCallback' | 'ignoresFulfillment'>
}

function sayHowToSettle({ runtime, rare }: TimedOut): string {
  if (runtime.ignoresFulfillment) {
    return 'Call the callback: with callback: true, returning or resolving a promise does not end the message'
  }
  if (runtime.settlesByCallback) {
    return 'Call the callback, or resolve the promise that the handler returns: with three or more parameters, returning anything else does not end the message'
  }
  if (rare?.settlesItself === true) {
    return 'Call context.done, context.succeed or context.fail, or resolve the promise that the handler returns: after reading one of these, returning anything else does not end the message'
  }
  return 'Return, resolve, or call the callback'
}

/** How long a message can wait for a retry, and the reason for the limit: `any` is the limit of every message. */
export interface WaitLimit {
  readonly kind: 'input' | 'keyless' | 'keyed' | 'any'
  /** The wait must be shorter than this. */
  readonly mostMs: number
}

/** Explains why a message is not retried although it could be: it would have to wait longer than it can. */
export function waitRefusal(message: Message, afterMs: number, limit: WaitLimit, cause: unknown): AttakError {
  const to = message.edge?.to
  const { who, remedy } = WAITING[limit.kind]
  return new AttakError(
    'RETRY_TOO_LONG',
    `the retry of "${to}" is due in ${afterMs / 1000} s, but ${who} can only wait for less than ${limit.mostMs / 1000} s`,
    remedy(to),
    { cause },
  )
}

const needsQueue = (to: string | undefined) => `Set retryQueue: true on the processor "${to}", or wait for less.`

const WAITING = {
  input: { who: 'an input without retryQueue', remedy: needsQueue },
  keyless: { who: 'an event without retryQueue', remedy: needsQueue },
  keyed: {
    who: 'an event with a key',
    remedy: () =>
      'Wait for less, or emit without a key. docs/reference/handler.md has the setting that limits the wait in a stream.',
  },
  any: { who: 'a message', remedy: () => 'Wait for less.' },
} as const

/**
 * Explains why the handler of a message was not called: its record violates docs/reference/messages.md. It is not
 * retried.
 */
export function recordRefusal(processor: string, what: string): AttakError {
  return new AttakError(
    'RECORD_REFUSED',
    `"${processor}" received a record that cannot be read: ${what}`,
    'Send what docs/reference/messages.md describes. The error record has the beginning of what arrived.',
  )
}

interface Found {
  readonly path: string
  readonly what: string
}

function sayFound({ path, what }: Found): string {
  return `${path === '' ? 'the data' : `data${cutPath(path)}`} ${what}`
}

const MOST_PATH_CHARACTERS = 200

function cutPath(path: string): string {
  return path.length <= MOST_PATH_CHARACTERS ? path : `${path.slice(0, MOST_PATH_CHARACTERS)}…`
}

/** The most values that are looked at: a few that refer to each other many times can stand for any number. */
const MOST_SEEN = 1_000_000

function findUnwritable(data: unknown): Found | undefined {
  const above: unknown[] = []
  let seen = 0
  const find = (value: unknown, path: string): Found | undefined => {
    if (typeof value === 'bigint') return { path, what: 'is a BigInt' }
    if (typeof value !== 'object' || value === null || ++seen > MOST_SEEN) return undefined
    if (above.includes(value)) return { path, what: 'refers back to an object that holds it' }
    if (above.length === MOST_DEPTH) return { path, what: `is too deep: the data ${TOO_DEEP}` }
    above.push(value)
    for (const [key, item] of Object.entries(value)) {
      const found = find(item, path + pathStep(value, key))
      if (found !== undefined) return found
    }
    above.pop()
    return undefined
  }
  return find(data, '')
}
