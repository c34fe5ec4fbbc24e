import type { StageName } from '../deploy/cloud.ts'
import { AttakError, errorOf, type Problem } from '../errors.ts'
import { encodeMessage } from '../runtime/event.ts'
import { idOf, type Message, rootIdOf } from '../runtime/message.ts'
import type { InputEvent } from '../topology/topology.ts'
import { drawCount } from '../view/duration.ts'
import { unlessAborted } from './host.ts'

/** An event that its function has accepted: it will run, and its trace can be looked for. */
export interface Triggered {
  readonly to: string
  /** The id of its message. */
  readonly id: string
  /** The id of its trace. */
  readonly root: string
}

/** What distinguishes these events from those of other triggers, and the clock for their time. */
export interface TriggerOptions {
  readonly scope: StageName
  /** Determines ids, together with each event's position: an event that is sent again keeps its id. */
  readonly seed: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Where events are sent: the functions of a stage, or the channels of a broker. */
export interface TriggerTarget {
  /** Resolves when the message was accepted. */
  send(processor: string, payload: string, key: string | undefined): Promise<unknown>
  /** The largest message that is accepted. */
  readonly mostSendBytes: number
}

/**
 * Returns what sends events to their processors, each as a CloudEvent. It resolves when the event was accepted, and throws
 * EMIT_TOO_LARGE, NOT_DEPLOYED and what the cloud refuses.
 */
export function triggerOf(
  target: TriggerTarget,
  { scope, seed, now }: TriggerOptions,
): (event: InputEvent) => Promise<Triggered> {
  let position = 0
  return async (event) => {
    const message = rootOf(event, seed, position++)
    const { to } = event
    const payload = encodeMessage(message, { ...scope, time: new Date(now()).toISOString() })
    const bytes = Buffer.byteLength(payload)
    if (bytes > target.mostSendBytes) {
      const what = `the event for "${to}" is ${bytes} bytes as it travels, and a trigger accepts at most ${target.mostSendBytes}`
      throw new AttakError('EMIT_TOO_LARGE', what, 'Send less, or store the data elsewhere and send its address.')
    }
    await target.send(to, payload, event.key)
    return { to, id: idOf(message), root: rootIdOf(message.root) }
  }
}

function rootOf({ to, event, key, topic }: InputEvent, seed: string, position: number): Message {
  return {
    ...{ data: event, topic, key, edge: { from: undefined, to }, parent: undefined, ordinal: 0, hop: 1, attempt: 1 },
    root: { seed, position, pending: 0, id: undefined },
    id: undefined,
  }
}

/** How many events are sent at once. */
const AT_ONCE = 32

/** How long an interrupt waits for answers to sent events. */
const GRACE_MS = 2_000

/** The names of sent things in messages: `{ what: 'event', of: (_, place) => '3' }`. */
export interface SendNames<Event> {
  readonly what: string
  readonly of: (event: Event, place: number) => string
}

const BY_PLACE: SendNames<unknown> = { what: 'event', of: (_, place) => `${place + 1}` }

/**
 * Sends events, several at once, and calls `accepted` for each accepted one. After the first refusal it sends nothing
 * more, waits for the open calls, and throws one error that names each refused event. An aborted signal ends it early.
 * Returns how many events had no answer two seconds after that: they may or may not have been accepted.
 */
export async function sendAll<Event, Sent>(
  chunks: AsyncIterable<readonly Event[]> | Iterable<readonly Event[]>,
  send: (event: Event) => Promise<Sent>,
  signal: AbortSignal,
  accepted: (sent: Sent) => void,
  names: SendNames<Event> = BY_PLACE,
): Promise<number> {
  const sending = new Set<Promise<void>>()
  const refusals: Refused[] = []
  let place = 0
  const start = (event: Event) => {
    const own = place++
    const sent = send(event)
      .then(accepted, (error: unknown) => void refusals.push({ place: own, name: names.of(event, own), error }))
      .finally(() => sending.delete(sent))
    sending.add(sent)
  }
  const stopped = () => signal.aborted || refusals.length > 0
  try {
    for await (const events of untilAborted(chunks, signal)) {
      for (const event of events) {
        if (stopped()) break
        start(event)
        if (sending.size >= AT_ONCE) await unlessAborted(Promise.race(sending), signal)
      }
      if (stopped()) break
    }
  } finally {
    await settle(sending, signal)
  }
  if (refusals.length > 0) throw refusalOf(refusals, names.what)
  return sending.size
}

interface Refused {
  readonly place: number
  readonly name: string
  readonly error: unknown
}

/** The most names in one problem. */
const MOST_NAMES = 20

/** Returns one error of all refusals, those for the same reason as one problem. Any other error is returned as it is. */
function refusalOf(refusals: readonly Refused[], what: string): unknown {
  const alike = new Map<string, { readonly error: AttakError; readonly names: string[] }>()
  for (const { name, error } of [...refusals].sort((a, b) => a.place - b.place)) {
    if (!(error instanceof AttakError)) return error
    const key = `${error.code} ${error.message}`
    const known = alike.get(key) ?? { error, names: [] }
    known.names.push(name)
    alike.set(key, known)
  }
  const problems = [...alike.values()].map(({ error: { code, message, remedy }, names }): Problem => {
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
    const where = `${what}${names.length > 1 ? 's' : ''} ${names.slice(0, MOST_NAMES).join(', ')}${more}`
    return { code, severity: 'error', where, what: message, remedy }
  })
  return errorOf(problems)
}

async function settle(sending: ReadonlySet<Promise<void>>, signal: AbortSignal): Promise<void> {
  const all = Promise.all(sending)
  await unlessAborted(all, signal)
  if (sending.size === 0) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, GRACE_MS)
  })
  await Promise.race([all, late])
  clearTimeout(timer)
}

/** Returns the line above the reason why not everything was accepted. */
export function drawBrokenOff(accepted: number, sent: number, what = 'event'): string {
  if (accepted === 0) return 'Nothing was accepted:\n'
  if (accepted === sent) return `${drawCount(accepted, what)} accepted, then:\n`
  return `${accepted} of ${drawCount(sent, what)} accepted, and no more ${what}s were sent:\n`
}

/** Returns the message about events, or other things, that were sent without an answer; empty if there are none. */
export function drawUnanswered(count: number, what = 'event'): string {
  if (count === 0) return ''
  return `${drawCount(count, what)} had no answer before the interrupt, and may have been accepted.\n`
}

/** Ends when the signal is aborted, without waiting for the next chunk, which may never come. */
async function* untilAborted<Chunk>(
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let isAsked = false
  try {
    while (!signal.aborted) {
      isAsked = true
      const next = await unlessAborted(Promise.resolve(iterator.next()), signal)
      if (next === undefined) return
      isAsked = false
      if (next.done === true) return
      yield next.value
    }
  } finally {
    const closed = Promise.resolve(iterator.return?.())
    if (isAsked) closed.catch(() => undefined)
    else await closed
  }
}
