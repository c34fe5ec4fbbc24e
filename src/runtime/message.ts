import type { AttakError } from '../errors.ts'
import { chanceFor, emitIdFor, invokeIdFor, rootIdFor } from './id.ts'

/** The path of a message: from one processor (none for an input) to another. */
export interface Edge {
  readonly from: string | undefined
  readonly to: string
  /** It is no stream: the handler at `from` waits for what the one at `to` settles with. */
  readonly invoked?: true
}

/** The input event that started a trace. */
export interface Root {
  /** Determines its id, together with its position. */
  readonly seed: string
  /** Its place in the input, from 0. */
  readonly position: number
  /** Messages of this trace that are not done. */
  pending: number
  /** Made when it is first read: see {@link rootIdOf}. */
  id: string | undefined
}

/** What a message outside its stream carries, so that its receiver can continue from there. */
export interface Wait {
  /** Not to be tried before this time, in milliseconds since 1970. */
  readonly dueMs: number
  /** How many of its attempts ended by `Retry`. */
  readonly asked: number
  /** The channel that it came over; absent if its emitter and topic determine it. */
  readonly channel?: string
}

/** An event with its metadata. Kept small: a million of them may wait. */
export interface Message {
  /** As emitted. It never changes; handlers receive a copy. */
  readonly data: unknown
  readonly topic: string | undefined
  readonly key: string | undefined
  /** Undefined for an emit without a subscriber. */
  readonly edge: Edge | undefined
  /** The message whose handler emitted this one, or its id alone when it came over a wire; undefined for an input. */
  readonly parent: Message | string | undefined
  readonly root: Root
  /** How many earlier emits of the same invocation have this topic and key; -1 if the id was not made from it. */
  readonly ordinal: number
  /** 1 for an input, one more for each processor it came through. */
  readonly hop: number
  /** From 1. */
  readonly attempt: number
  /** Set while it waits outside its stream for a retry. */
  readonly wait?: Wait
  /** Set to handle it although it was handled before. */
  readonly forced?: true
  /** Why its record was refused. Then its data is the beginning of the record, and its handler is not called. */
  readonly refused?: string
  /** Its handler is not called, and it fails with this error. */
  readonly fault?: AttakError
  /** Made when it is first read: see {@link idOf}. */
  id: string | undefined
  /** When it was sent, RFC 3339; known for messages from another process. */
  readonly time?: string | undefined
  /** W3C trace context as it came, or of the span that sent it; absent: it follows from the ids, see {@link traceparentOf}. */
  traceparent?: string | undefined
}

/**
 * The id of a message, 32 hex digits: the same whenever the same handler emits the same for the same message, in
 * whatever order. Derived from the parent's id, the emitting processor, topic, key and ordinal.
 */
export function idOf(message: Message): string {
  if (message.id === undefined) makeIds(message)
  return message.id!
}

/** Makes the ids of a message and of its ancestors, the oldest first: a trace may be longer than the stack is deep. */
function makeIds(message: Message): void {
  const without: Message[] = []
  for (let at: Message['parent'] = message; typeof at === 'object' && at.id === undefined; at = at.parent) {
    without.push(at)
  }
  for (let index = without.length - 1; index >= 0; index--) {
    const next = without[index]!
    next.id = next.parent === undefined ? rootIdOf(next.root) : derivedIdOf(next)
  }
}

/** The id of a message that invokes `to`: the same whenever the handler of `parent` invokes it for that many-eth time. */
export function invokedIdOf(parent: Message, to: string, ordinal: number): string {
  return invokeIdFor(idOf(parent), parent.edge?.to, to, ordinal)
}

function derivedIdOf(message: Message): string {
  const { topic, key, ordinal } = message
  return emitIdFor(parentIdOf(message)!, emitterOf(message), topic, key, ordinal)
}

/** The processor whose handler emitted a message; undefined for an input. */
export function emitterOf({ parent, edge }: Message): string | undefined {
  return typeof parent === 'object' ? parent.edge?.to : edge?.from
}

/** The id of the input that started it all, 32 hex digits: the same for the same seed and position. */
export function rootIdOf(root: Root): string {
  root.id ??= rootIdFor(root.seed, root.position)
  return root.id
}

/** The id of the message whose handler emitted this one; undefined for an input. */
export function parentIdOf(message: Message): string | undefined {
  const { parent } = message
  return parent === undefined || typeof parent === 'string' ? parent : idOf(parent)
}

/**
 * Returns the W3C trace context, `00-<trace>-<span>-01`: of the span that sent the message, or else derived from its
 * ids. Source: https://www.w3.org/TR/trace-context/, read 2026-11-21.
 */
export function traceparentOf(message: Message): string {
  return message.traceparent ?? derivedTraceparent(message)
}

/** The trace context of a message that no span sent: one trace per root, one span per message. */
export function derivedTraceparent(message: Message): string {
  return `00-${rootIdOf(message.root)}-${idOf(message).slice(0, 16)}-01`
}

/** A number from 0 up to 1 that is the same for the same message and attempt: jitter that repeats. */
export function chanceOf(message: Message): number {
  return chanceFor(idOf(message), message.attempt)
}
