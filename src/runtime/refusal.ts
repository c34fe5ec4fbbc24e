import { AttakError } from '../errors.ts'
import type { Invocation } from './invocation.ts'
import type { Message } from './message.ts'

/** Why an emit's data cannot travel: names the topic and the path to what JSON cannot carry. */
export function dataRefusal(topic: string, data: unknown, cause: unknown): AttakError {
  const what = sayUnwritable(data, cause)
  return new AttakError('EMIT_REFUSED', `emit of "${topic}": ${what}`, 'Emit what JSON can carry.', { cause })
}

/** What in `data` JSON cannot carry, where a copy of it failed with `cause`. */
export function sayUnwritable(data: unknown, cause: unknown): string {
  const found = findUnwritable(data, '', [])
  if (found !== undefined) return sayFound(found)
  return cause instanceof Error ? cause.message : String(cause)
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

interface Found {
  readonly path: string
  readonly kind: 'BigInt' | 'cycle'
}

function sayFound({ path, kind }: Found): string {
  const where = path === '' ? 'the data' : `data${path}`
  return kind === 'BigInt' ? `${where} is a BigInt` : `${where} refers back to an object that holds it`
}

function findUnwritable(value: unknown, path: string, above: readonly unknown[]): Found | undefined {
  if (typeof value === 'bigint') return { path, kind: 'BigInt' }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.includes(value)) return { path, kind: 'cycle' }
  for (const [key, item] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    const found = findUnwritable(item, path + step, [...above, value])
    if (found !== undefined) return found
  }
  return undefined
}
