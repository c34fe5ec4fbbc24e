import { format } from 'node:util'
import { AttakError, nearest } from '../errors.ts'
import type { Callback } from '../topology/handler.ts'
import { checkedDepth } from './depth.ts'
import { callSafely } from './emit.ts'
import { followEmit } from './emit-promise.ts'
import { addFollow, type Invocation, rareOf } from './invocation.ts'
import { type Edge, invokedIdOf, type Message } from './message.ts'
import { sayUnwritable } from './refusal.ts'
import { refuseLate } from './settle.ts'
import type { Thrown } from './thrown.ts'

/** The topic of messages that invoke a processor. */
export const INVOKE_TOPIC = 'attak.invoke'

/** The answer of an invoked processor, wherever it runs: plain JSON. */
export type Answer = { readonly result?: unknown } | { readonly error: Thrown }

/**
 * Implements `context.invoke`. Its invocation waits for it like for an emit; a rejection that the handler does not take
 * fails the message.
 */
export function invoke(
  invocation: Invocation,
  processor: string,
  data: unknown,
  callback: Callback | undefined,
): Promise<unknown> {
  if (typeof data === 'function' && callback === undefined) {
    return invoke(invocation, processor, undefined, data as Callback)
  }
  const answer = answerTo(invocation, processor, data)
  const followed = followEmit(answer)
  if (invocation.phase === 'running') addFollow(invocation, followed)
  if (callback !== undefined) {
    followed.taken = true
    answer.then(
      (result) => callSafely(invocation, callback, null, result),
      (error: unknown) => callSafely(invocation, callback, error),
    )
  }
  return followed
}

function answerTo(invocation: Invocation, processor: string, data: unknown): Promise<unknown> {
  try {
    if (invocation.phase !== 'running') throw lateInvoke(invocation, processor)
    checkInvokes(invocation, processor)
    return invocation.runtime.host.invoke!(invocation, processor, data)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The parts of a message that invokes a processor. */
export interface InvokeParts {
  readonly edge: Edge
  /** A separate copy, as JSON carries it. */
  readonly data: unknown
  readonly hopLimit: number
}

/** Makes the message that invokes a processor. Each call gets a new id. Throws HOP_LIMIT. */
export function invokedMessage(invocation: Invocation, { edge, data, hopLimit }: InvokeParts): Message {
  const { message } = invocation
  if (message.hop >= hopLimit) throw invokeHopRefusal(edge.to, hopLimit)
  const rare = rareOf(invocation)
  rare.invokes ??= new Map()
  const ordinal = rare.invokes.get(edge.to) ?? 0
  rare.invokes.set(edge.to, ordinal + 1)
  const id = invokedIdOf(message, edge.to, ordinal)
  const { root, hop } = message
  const traceparent = rare.span?.traceparent
  return {
    ...{ data, topic: INVOKE_TOPIC, key: undefined, edge, id },
    ...{ parent: message, root, ordinal: -1, hop: hop + 1, attempt: 1 },
    ...(traceparent !== undefined && { traceparent }),
  }
}

/** Returns the data of an invoke, or its answer, as JSON carries it. Throws INVOKE_REFUSED. */
export function copyForInvoke(processor: string, what: What, data: unknown): unknown {
  try {
    const text = checkedDepth(JSON.stringify(data) as string | undefined)
    if (text === undefined) return undefined
    if (text.length * 3 > INVOKE_BYTES) checkBytes(processor, what, text)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof AttakError) throw cause
    throw new AttakError('INVOKE_REFUSED', `${whatOf(processor, what)}: ${sayUnwritable(data, cause)}`, REMEDY[what], {
      cause,
    })
  }
}

type What = 'data' | 'answer'

const REMEDY = { data: 'Invoke it with what JSON can carry.', answer: 'Settle with what JSON can carry.' } as const

/**
 * The limit for data and answers with their metadata. Source: Lambda's quotas, 6 MB a synchronous call,
 * read 2026-11-21.
 */
const INVOKE_BYTES = 6_000_000

function whatOf(processor: string, what: What): string {
  return what === 'answer' ? `the answer of "${processor}" to an invoke` : `invoke of "${processor}"`
}

function checkBytes(processor: string, what: What, text: string): void {
  const bytes = Buffer.byteLength(text)
  if (bytes <= INVOKE_BYTES) return
  throw new AttakError(
    'INVOKE_REFUSED',
    `${whatOf(processor, what)}: ${bytes} bytes, more than the limit of ${INVOKE_BYTES}`,
    'Store the data elsewhere and send its address.',
  )
}

function checkInvokes({ processor, runtime }: Invocation, name: string): void {
  if (runtime.invokes.includes(name)) return
  if (typeof name !== 'string' || name === '') {
    const what = `context.invoke: the processor must be a name, got ${format('%o', name)}`
    throw new AttakError('INVOKE_REFUSED', what, 'Call context.invoke(processor, data?).')
  }
  const near = nearest(name, runtime.invokes)
  const list = [...runtime.invokes, name].map((one) => `'${one}'`).join(', ')
  throw new AttakError(
    'INVOKE_REFUSED',
    `invoke of "${name}": the processor "${processor}" does not list it in invokes`,
    `${near === undefined ? '' : `Did you mean "${near}"? `}Set invokes: [${list}] on the processor "${processor}".`,
  )
}

function lateInvoke(invocation: Invocation, name: string): AttakError {
  const remedy = 'Await what is invoked before the handler returns, resolves or calls back.'
  return refuseLate(invocation, { code: 'INVOKE_REFUSED', did: `invoked "${name}"`, remedy })
}

function invokeHopRefusal(processor: string, hopLimit: number): AttakError {
  return new AttakError(
    'HOP_LIMIT',
    `invoke of "${processor}": its caller's event has passed through ${hopLimit} processors, the hop limit`,
    'Fix the cycle that never ends, or raise hopLimit in the topology.',
  )
}

/** The refusal of an invoke of a processor that this run leaves out. */
export function absentRefusal(name: string): AttakError {
  return new AttakError(
    'INVOKE_REFUSED',
    `invoke of "${name}": it is not part of this run`,
    `Run it as well, with --only ${name}.`,
  )
}
