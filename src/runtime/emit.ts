import { format } from 'node:util'
import { AttakError, nearest } from '../errors.ts'
import type { Callback, EmitOptions } from '../topology/handler.ts'
import { ACCEPTED, followEmit, refusedAtOnce } from './emit-promise.ts'
import { addFollow, type Invocation, rareOf } from './invocation.ts'
import type { Edge, Message } from './message.ts'
import { refuseLate, settle } from './settle.ts'

/**
 * Implements `context.emit`. Its promise settles when the emit is accepted or refused; a refusal that nobody takes
 * fails the message. An emit without options takes a short path, because most have none.
 */
export function emit(
  invocation: Invocation,
  topic: string,
  data: unknown,
  options: EmitOptions | Callback | undefined,
  callback: Callback | undefined,
): Promise<void> {
  if (typeof options === 'function') return emit(invocation, topic, data, undefined, options)
  // JSON has no functions: one in the place of data is a callback.
  if (typeof data === 'function' && callback === undefined) {
    return emit(invocation, topic, undefined, options, data as Callback)
  }
  let acceptance: Promise<void> | undefined
  try {
    if (invocation.phase !== 'running') throw lateEmit(invocation, topic)
    if (typeof topic !== 'string' || topic === '') throw topicRefusal(topic)
    const key = options === undefined ? undefined : keyOf(topic, options)
    acceptance = invocation.runtime.host.accept(invocation, topic, data, key)
  } catch (error) {
    return follow(invocation, refusedAtOnce(error), callback)
  }
  if (acceptance === undefined && callback === undefined) return ACCEPTED
  return follow(invocation, acceptance ?? ACCEPTED, callback)
}

function follow(invocation: Invocation, acceptance: Promise<void>, callback: Callback | undefined): Promise<void> {
  const followed = followEmit(acceptance)
  if (invocation.phase === 'running') addFollow(invocation, followed)
  if (callback !== undefined) {
    followed.taken = true
    followed.acceptance.then(
      () => callSafely(invocation, callback, null),
      (error: unknown) => callSafely(invocation, callback, error),
    )
  }
  return followed
}

/** Calls a handler's callback; an error that it throws fails the message. */
export function callSafely(invocation: Invocation, callback: Callback, error: unknown, result?: unknown): void {
  try {
    callback(error, result)
  } catch (thrown) {
    settle(invocation, { error: thrown })
  }
}

function keyOf(topic: string, options: EmitOptions): string | undefined {
  if (options === null) return undefined
  if (typeof options !== 'object') throw refusal(`emit of "${topic}": options must be an object, got ${typeof options}`)
  // Properties that other code added to Object.prototype are no options.
  for (const name in options) if (name !== 'key' && Object.hasOwn(options, name)) throw unknownOption(topic, name)
  const { key } = options
  if (key === undefined || typeof key === 'string') return key
  throw refusal(`emit of "${topic}": options.key must be a string, got ${format('%o', key)}`)
}

function unknownOption(topic: string, name: string): AttakError {
  const near = nearest(name, ['key'])
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return refusal(`emit of "${topic}": there is no option "${name}".${hint}`)
}

function topicRefusal(topic: unknown): AttakError {
  return refusal(`context.emit: the topic must be a string that is not empty, got ${format('%o', topic)}`)
}

function refusal(message: string): AttakError {
  return new AttakError('EMIT_REFUSED', message, 'Call context.emit(topic, data?, { key }?, callback?).')
}

function lateEmit(invocation: Invocation, topic: string): AttakError {
  const remedy = 'Emit before the handler returns, resolves or calls back; await what it starts.'
  return refuseLate(invocation, { code: 'EMIT_AFTER_END', did: `emitted "${topic}"`, remedy })
}

type Emitted = Pick<Message, 'data' | 'topic' | 'key' | 'ordinal' | 'traceparent'>

/** Makes the message of an emit for one receiver; without an edge, for none. */
export function childOf(parent: Message, emitted: Emitted, edge: Edge | undefined): Message {
  const { data, topic, key, ordinal, traceparent } = emitted
  const { root } = parent
  const hop = parent.hop + 1
  return { data, topic, key, edge, parent, root, ordinal, hop, attempt: 1, id: undefined, traceparent }
}

/** Adds a message to what an invocation emitted. */
export function addEmit(invocation: Invocation, message: Message): void {
  if (invocation.firstEmit === undefined) invocation.firstEmit = message
  else if (invocation.laterEmits === undefined) invocation.laterEmits = [message]
  else invocation.laterEmits.push(message)
}

/** Returns how many earlier emits of this invocation have this topic and key; counts this one. */
export function nextOrdinal(invocation: Invocation, topic: string, key: string | undefined): number {
  const { firstEmit, laterEmits, rare } = invocation
  if (firstEmit === undefined) return 0
  const last = laterEmits === undefined ? firstEmit : laterEmits[laterEmits.length - 1]!
  if (rare?.ordinals === undefined && last.topic === topic && last.key === key) return last.ordinal + 1
  const ordinals = rare?.ordinals ?? new Map([[ordinalName(last.topic, last.key), last.ordinal + 1]])
  rareOf(invocation).ordinals = ordinals
  const name = ordinalName(topic, key)
  const ordinal = ordinals.get(name) ?? 0
  ordinals.set(name, ordinal + 1)
  return ordinal
}

function ordinalName(topic: string | undefined, key: string | undefined): string {
  return key === undefined ? `=${topic}` : JSON.stringify([topic, key])
}
