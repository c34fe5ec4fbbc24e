import {
  type Edge,
  emitterOf,
  idOf,
  type Message,
  parentIdOf,
  type Root,
  rootIdOf,
  traceparentOf,
  type Wait,
} from './message.ts'
import { MOST_ASKED_RETRIES } from './retry.ts'
import { escaped, fieldsOf, fieldWriter, textOf } from './text.ts'

/** The place and time at which messages were made. */
export interface Origin {
  readonly topology: string
  readonly stage: string
  /** RFC 3339, UTC. */
  readonly time: string
}

/** The `type` of an input that has no topic. */
export const INPUT_TYPE = 'attak.input'

/**
 * A message as it travels alone: a CloudEvent 1.0 in JSON format, so that anything else can read it. See docs/reference/messages.md.
 * Source: CloudEvents 1.0.2, JSON event format and the partitioning and distributed tracing extensions, read 2026-11-21.
 */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  /** `/<topology>/<stage>/<processor>`, whose handler emitted it; an input has no processor. */
  readonly source: string
  /** The topic. */
  readonly type: string
  /** RFC 3339, UTC. */
  readonly time?: string
  /** The key. */
  readonly partitionkey?: string
  readonly traceparent: string
  readonly attakroot: string
  readonly attakparent?: string
  readonly attakhop: number
  readonly attakattempt: number
  /** It waits outside of its stream until then: RFC 3339, UTC. */
  readonly attakdue?: string
  /** For a message that waits: how many attempts ended by `Retry`; absent if none did. */
  readonly attakasked?: number
  /** For a message that waits: the channel that it came over, if its source does not determine it. */
  readonly attakchannel?: string
  /** To be handled, though it was handled before: set by `attak errors replay --force`. */
  readonly attakforce?: true
  /** The event. */
  readonly data?: unknown
}

/**
 * Returns a message as the text that travels. Throws what JSON.stringify throws for data that JSON cannot carry; `data`
 * is its text, if that is known already.
 */
export function encodeMessage(message: Message, origin: Origin, data = textOf(message.data)): string {
  // A message that waits for a retry was sent when it was emitted.
  const time = message.wait === undefined ? origin.time : (message.time ?? origin.time)
  const attributes = attributesText(message, origin, time)
  return data === undefined ? `{${attributes}}` : `{${attributes},"data":${data}}`
}

/**
 * Returns a message as the value that {@link encodeMessage} writes, with the time at which it was sent, if that is
 * known.
 */
export function eventOf(message: Message, place: Omit<Origin, 'time'>): CloudEvent {
  const { data, time } = message
  const event: CloudEvent = JSON.parse(`{${attributesText(message, place, time)}}`)
  return data === undefined ? event : { ...event, data }
}

/** Put together by hand, since JSON.stringify takes as long for these few texts as for most data (row D2 of the benchmarks). */
function attributesText(message: Message, place: Omit<Origin, 'time'>, time: string | undefined): string {
  const { topic = INPUT_TYPE, key, root, hop, attempt, wait, forced } = message
  const parent = parentIdOf(message)
  let text = `"specversion":"1.0","id":"${escaped(idOf(message))}"${sourceField(sourceOf(emitterOf(message), place))}${typeField(topic)}`
  if (time !== undefined) text += timeField(time)
  if (key !== undefined) text += keyField(key)
  text += `,"traceparent":"${escaped(traceparentOf(message))}"${rootField(rootIdOf(root))}`
  if (parent !== undefined) text += parentField(parent)
  text += `,"attakhop":${hop},"attakattempt":${attempt}`
  return wait === undefined ? text : `${text},${textOf(waitAttributes(wait, forced))!.slice(1, -1)}`
}

const sourceField = fieldWriter('source')
const typeField = fieldWriter('type')
const timeField = fieldWriter('time')
const keyField = fieldWriter('partitionkey')
const rootField = fieldWriter('attakroot')
const parentField = fieldWriter('attakparent')

function waitAttributes({ dueMs, asked, channel }: Wait, forced: true | undefined): object {
  return {
    attakdue: new Date(Math.min(dueMs, MOST_TIME_MS)).toISOString(),
    attakasked: asked === 0 ? undefined : asked,
    attakchannel: channel,
    attakforce: forced,
  }
}

/** The last time that a date can represent. Source: ECMA-262, "Time Values and Time Range", read 2026-11-21. */
const MOST_TIME_MS = 8.64e15

/**
 * Returns the message in a CloudEvent that has `attakroot`, to the processor `to`. Returns undefined for anything else,
 * and for one whose id, type, lineage or key cannot be read. The caller must check the wait, because only it knows the
 * source.
 */
export function messageOfEvent(value: unknown, to: string): Message | undefined {
  const event = fieldsOf(value)
  if (event === undefined) return undefined
  const { type, source, partitionkey, attakparent, attakhop, attakattempt, data_base64 } = event
  const id = idIn(event.id)
  const root = idIn(event.attakroot)
  if (id === undefined || root === undefined || typeof type !== 'string') return undefined
  const parent = idIn(attakparent)
  const key = keyIn(partitionkey)
  if (isLost(attakparent, parent) || isLost(partitionkey, key)) return undefined
  const message: Message = {
    data: 'data' in event || data_base64 === undefined ? event.data : { data_base64 },
    topic: topicOf(type, parent),
    key,
    edge: edgeFrom(source, to),
    parent,
    root: knownRoot(root),
    ordinal: -1,
    hop: countIn(attakhop),
    attempt: countIn(attakattempt),
    id,
    time: timeIn(event.time),
    traceparent: traceparentIn(event.traceparent),
  }
  // Few have these, and the others are made faster without.
  if (event.attakdue === undefined && event.attakforce !== true) return message
  const wait = event.attakdue === undefined ? undefined : waitIn(event)
  return {
    ...message,
    ...(wait && { wait }),
    ...(event.attakforce === true && { forced: true }),
  }
}

/** Whether an attribute has a value that cannot be read. */
function isLost(said: unknown, read: unknown): boolean {
  return read === undefined && said !== undefined && said !== null
}

function waitIn({ attakdue, attakasked, attakchannel }: Readonly<Record<string, unknown>>): Wait {
  const dueMs = typeof attakdue === 'string' ? Date.parse(attakdue) : 0
  return {
    dueMs: Number.isNaN(dueMs) ? 0 : dueMs,
    // More than can be is as if all were used up.
    asked: typeof attakasked === 'number' && attakasked > 0 ? Math.ceil(Math.min(attakasked, MOST_ASKED_RETRIES)) : 0,
    ...(typeof attakchannel === 'string' && { channel: attakchannel }),
  }
}

/**
 * Returns the `source` of an emitter's messages: `/orders/dev/intake`; inputs come from no processor: `/orders/dev`.
 */
export function sourceOf(emitter: unknown, { topology, stage }: Omit<Origin, 'time'>): string {
  return typeof emitter === 'string' ? `/${topology}/${stage}/${emitter}` : `/${topology}/${stage}`
}

/** The last edge, as a cache: successive messages share few edges. */
let last: { readonly source: unknown; readonly edge: Edge } | undefined

/** The edge from the processor that a source names. */
function edgeFrom(source: unknown, to: string): Edge {
  if (last === undefined || source !== last.source || to !== last.edge.to) {
    last = { source, edge: { from: emitterIn(source), to } }
  }
  return last.edge
}

/** The processor that a source names; undefined for those of inputs and of others. */
export function emitterIn(source: unknown): string | undefined {
  return typeof source === 'string' ? /^\/[^/]+\/[^/]+\/([^/]+)$/.exec(source)?.[1] : undefined
}

/** The topic that a `type` is. */
export function topicOf(type: string, parent: string | undefined): string | undefined {
  return type === INPUT_TYPE && parent === undefined ? undefined : type
}

/** The root of messages that came over a wire. */
export function knownRoot(id: string): Root {
  return { seed: '', position: 0, pending: 0, id }
}

/** The longest id that is read: ids of attak have 32 characters. */
export const MOST_ID_CHARACTERS = 256

/** Reads an id; undefined for anything else. */
export function idIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MOST_ID_CHARACTERS ? value : undefined
}

/** Reads a key; undefined for anything else. */
export function keyIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Reads a time, unchanged; undefined for anything else. */
export function timeIn(value: unknown): string | undefined {
  return typeof value === 'string' && TIME.test(value) ? value : undefined
}

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Reads a trace context; undefined for anything else. Source: https://www.w3.org/TR/trace-context/, read 2026-11-21.
 */
export function traceparentIn(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** A hop or an attempt as read: 1, unless it is a whole number above; no more than {@link MOST_COUNT}. */
export function countIn(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.min(MOST_COUNT, Math.max(1, value as number)) : 1
}

/** The highest hop limit there is; attempts do not come near. */
const MOST_COUNT = 1_000_000
