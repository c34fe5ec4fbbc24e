import { format } from 'node:util'
import { AttakError } from '../errors.ts'
import { MOST_DEPTH, TOO_DEEP } from './depth.ts'
import type { Invocation } from './invocation.ts'
import type { Message } from './message.ts'

/** Why an emit's data cannot travel: names the topic and the path to what JSON cannot carry. */
export function dataRefusal(topic: string, data: unknown, cause: unknown): AttakError {
  const what = sayUnwritable(data, cause)
  return new AttakError('EMIT_REFUSED', `emit of "${topic}": ${what}`, 'Emit what JSON can carry.', { cause })
}

/** What in `data` JSON cannot carry, where a copy of it failed with `cause`. */
export function sayUnwritable(data: unknown, cause: unknown): string {
  const found = tryToFind(data)
  if (found !== undefined) return sayFound(found)
  return cause instanceof Error ? cause.message : format('%s', cause)
}

/** Looks through data whose own code may throw again: a getter, a proxy. Then the cause alone says what is wrong. */
function tryToFind(data: unknown): Found | undefined {
  try {
    return findUnwritable(data)
  } catch {
    return undefined
  }
}

/** Why an emit is too large: its bytes as it travels, and what its stream carries. */
export function sizeRefusal(topic: string, bytes: number, limitBytes: number): AttakError {
  return new AttakError(
    'EMIT_TOO_LARGE',
    `emit of "${topic}": ${bytes} bytes as it travels, and a stream carries at most ${limitBytes}`,
    'Emit less, or store the data elsewhere and emit where it is.',
  )
}

/** Why an emit cannot have a key: its stream goes over something that keeps no order. */
export function keyRefusal(topic: string): AttakError {
  return new AttakError(
    'EMIT_REFUSED',
    `emit of "${topic}": it has a key, and its stream goes over a queue that keeps no order`,
    "Set fifo: true on the stream, send it via: 'kinesis', or emit without a key.",
  )
}

/** Why an emit goes no further: its message has come through as many processors as the topology allows. */
export function hopRefusal(topic: string, hopLimit: number): AttakError {
  return new AttakError(
    'HOP_LIMIT',
    `emit of "${topic}": its event has come through ${hopLimit} processors, which is the hop limit`,
    'Mend the cycle that never ends, or raise hopLimit in the topology.',
  )
}

/** Why an invocation was ended: its message had `ms` milliseconds, and did not settle. */
export function timeoutRefusal({ processor, id }: Pick<Invocation, 'processor' | 'id'>, ms: number): AttakError {
  return new AttakError(
    'TIMEOUT',
    `"${processor}" did not settle within ${ms / 1000} s (message ${id})`,
    'Return, resolve, or call the callback; or raise timeout (seconds) for this processor.',
  )
}

/** Why a message is not tried again, though it could be: it would have to wait for longer than it can. */
export function waitRefusal({ edge, key }: Message, afterMs: number, mostMs: number, cause: unknown): AttakError {
  const who =
    key === undefined ? 'an event that has no queue to wait in' : 'an event with a key, which waits where it is,'
  return new AttakError(
    'RETRY_TOO_LONG',
    `"${edge?.to}" is to try again after ${afterMs / 1000} s, and ${who} can wait for less than ${mostMs / 1000} s`,
    key === undefined
      ? `Set retryQueue: true on the processor "${edge?.to}", or wait for less.`
      : `Wait for less, or emit without a key; over Kinesis raise maximumRecordAge, over a queue the timeout of "${edge?.to}".`,
    { cause },
  )
}

/** Why the handler of a message was not called: its record breaks what docs/messages.md says. It is not tried again. */
export function recordRefusal(processor: string, what: string): AttakError {
  return new AttakError(
    'RECORD_REFUSED',
    `"${processor}" received a record that cannot be read: ${what}`,
    'Send what docs/messages.md describes. The record that is kept has the beginning of what came.',
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
      const step = Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
      const found = find(item, path + step)
      if (found !== undefined) return found
    }
    above.pop()
    return undefined
  }
  return find(data, '')
}
