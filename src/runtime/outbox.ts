import { AttakError } from '../errors.ts'
import { createDispatch, type Dispatch, type Refused } from './dispatch.ts'
import { encodeMessage } from './event.ts'
import type { Message } from './message.ts'
import { createPack, type Pack, type PackOrigin } from './pack.ts'
import { dataRefusal, keyRefusal, sizeRefusal } from './refusal.ts'
import { textOf } from './text.ts'
import type { Sender, WireLimits, WireRecord, WireTransport } from './transport.ts'

/** What carries the messages of a channel. */
export interface OutboxChannel {
  readonly transport: WireTransport
  /** What the transport opens. */
  readonly address: string
  /** The most messages of one record; 1 sends each by itself. */
  readonly pack: number
}

/** What an outbox works with. */
export interface OutboxParts {
  readonly topology: string
  readonly stage: string
  /** Finds a channel by its name, once for each name. */
  readonly channel: (name: string) => OutboxChannel
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls back after a wait; gives what takes that back. */
  readonly after: (ms: number, call: () => void) => () => void
  /** From 0 up to 1. */
  readonly random: () => number
  /** How much longer sending may take; what is not accepted by then is refused. */
  readonly remainingMs: () => number
}

/** Where the emits of all invocations of an entry invocation wait for others, so that they travel together. */
export interface Outbox {
  /**
   * Takes a message as it is now: changes to its data afterwards do not travel. The promise resolves when its channel
   * has accepted it, and rejects with an {@link AttakError} `EMIT_NOT_ACCEPTED` when that did not happen in time;
   * messages that travel together share one. Throws `EMIT_REFUSED` or `EMIT_TOO_LARGE` for what cannot travel.
   */
  add(channel: string, message: Message): Promise<void>
  /** Sends what waits: to be called when no handler is running, since nothing will join it. */
  idle(): void
  /** Resolves when everything that was added is accepted or refused. Does not send: see {@link Outbox.idle}. */
  settled(): Promise<void>
  /** Sends what waits, and closes what was opened. May be called again. */
  close(): Promise<void>
}

/** How long the oldest message waits for others. */
const LINGER_MS = 5
/**
 * The most bytes of a pack with its key. Kinesis counts chunks of 25 KB; read as thousands, since a pack that is a little
 * too large would cost twice. Source: aws.amazon.com/kinesis/data-streams/pricing, read 2026-11-21.
 */
const PACK_BYTES = 25_000

/** A channel in use. */
interface OpenChannel extends OutboxChannel {
  readonly name: string
  readonly sender: Sender<WireRecord>
  readonly dispatch: Dispatch
  /** Packs that still grow, by their key. */
  readonly growing: Map<string | undefined, Parcel>
}

/** A pack that grows, and the promise of what becomes of it. */
interface Parcel {
  readonly pack: Pack
  readonly key: string | undefined
  readonly acceptance: Promise<void>
  readonly accept: () => void
  readonly refuse: (error: Error) => void
}

/** Makes an outbox. It packs what has one key, and leaves the sending to a dispatch for each channel. */
export function createOutbox(parts: OutboxParts): Outbox {
  const { topology, stage } = parts
  const channels = new Map<string, OpenChannel>()
  const unsettled = new Set<Promise<void>>()
  let cancelFlush: (() => void) | undefined

  const open = (name: string): OpenChannel => {
    const channel = parts.channel(name)
    const sender = channel.transport.open(channel.address)
    const { after, random, remainingMs } = parts
    const dispatch = createDispatch({
      limits: channel.transport.limits,
      sender,
      errorOf: (record: WireRecord, refused) => refusalError(name, record, refused),
      after,
      random,
      remainingMs,
    })
    const opened = { ...channel, name, sender, dispatch, growing: new Map<string | undefined, Parcel>() }
    channels.set(name, opened)
    return opened
  }

  const begin = (channel: OpenChannel, key: string | undefined): Parcel => {
    const parcel = createParcel({ topology, stage }, key)
    const { acceptance } = parcel
    unsettled.add(acceptance)
    const done = () => void unsettled.delete(acceptance)
    acceptance.then(done, done)
    channel.growing.set(key, parcel)
    return parcel
  }

  const seal = ({ growing, dispatch }: OpenChannel, parcel: Parcel) => {
    const { pack, key, accept } = parcel
    growing.delete(key)
    const body = pack.encode(new Date(parts.now()).toISOString())
    const record: WireRecord = {
      messages: pack.messages,
      key,
      body,
      bytes: Buffer.byteLength(body) + keyBytes(key),
      ...delayOf(pack.messages[0]!, parts.now()),
    }
    const refuse = (error: Error) => {
      parcel.refuse(error)
      const behind = key === undefined ? undefined : growing.get(key)
      // It would overtake what was refused, when that comes again.
      if (behind !== undefined) growing.delete(key)
      behind?.refuse(error)
    }
    dispatch.post({ record, accept, refuse })
  }

  const flush = () => {
    cancelFlush?.()
    cancelFlush = undefined
    for (const channel of channels.values()) {
      for (const parcel of channel.growing.values()) seal(channel, parcel)
      channel.dispatch.flush()
    }
  }

  const settled = async () => {
    while (unsettled.size > 0) await Promise.allSettled(unsettled)
  }

  return {
    add(name, message) {
      const channel = channels.get(name) ?? open(name)
      const { key } = message
      const data = dataTextOf(message)
      checkMessage(message, data, channel.transport.limits, parts)
      let parcel = channel.growing.get(key)
      const mostBytes = PACK_BYTES - keyBytes(key)
      if (parcel !== undefined && !parcel.pack.add(message, data, mostBytes)) {
        seal(channel, parcel)
        parcel = undefined
      }
      if (parcel === undefined) {
        parcel = begin(channel, key)
        parcel.pack.add(message, data, Number.POSITIVE_INFINITY)
      }
      const { pack } = parcel
      if (pack.messages.length >= channel.pack || pack.bytes() >= mostBytes) seal(channel, parcel)
      if (channel.growing.size >= channel.transport.limits.batchRecords) flush()
      cancelFlush ??= parts.after(LINGER_MS, flush)
      return parcel.acceptance
    },
    idle: flush,
    settled,
    async close() {
      flush()
      await settled()
      const opened = [...channels.values()]
      channels.clear()
      await Promise.all(opened.map(({ sender }) => sender.close()))
    },
  }
}

function createParcel(origin: PackOrigin, key: string | undefined): Parcel {
  let [accept, refuse]: [() => void, (error: Error) => void] = [() => {}, () => {}]
  const acceptance = new Promise<void>((resolve, reject) => {
    accept = resolve
    refuse = reject
  })
  return { pack: createPack(origin, key), key, acceptance, accept, refuse }
}

function refusalError(channel: string, { messages }: WireRecord, { passing, tries, why }: Refused): AttakError {
  const what = messages.length === 1 ? 'a message' : `${messages.length} messages in one record`
  const remedy = passing
    ? 'What emitted it is tried again, as its retries say. If it goes on: more shards, or a longer timeout.'
    : 'Run attak deploy, which makes the stream and lets the processor write to it; see docs/errors.md.'
  const said = tries === 1 ? '' : ` after ${tries} tries`
  return new AttakError('EMIT_NOT_ACCEPTED', `channel "${channel}" did not accept ${what}${said}: ${why}`, remedy)
}

/** Messages that wait travel alone. */
function delayOf({ wait }: Message, nowMs: number): Pick<WireRecord, 'delayMs'> {
  return wait === undefined ? {} : { delayMs: Math.max(0, wait.dueMs - nowMs) }
}

function dataTextOf({ topic, data }: Message): string | undefined {
  try {
    return textOf(data)
  } catch (error) {
    throw dataRefusal(topic ?? '', data, error)
  }
}

/** Throws for a message that its channel cannot carry. Its bytes are counted only when they may be too many. */
function checkMessage(message: Message, data: string | undefined, limits: WireLimits, origin: PackOrigin): void {
  const { topic = '', key } = message
  if (key !== undefined && !limits.orderedByKey) throw keyRefusal(topic)
  if (MOST_UTF8_BYTES * ((data?.length ?? 0) + topic.length + keyBytes(key)) < limits.messageBytes / 2) return
  const bytes = Buffer.byteLength(encodeMessage(message, { ...origin, time: ANY_TIME }, data)) + keyBytes(key)
  if (bytes > limits.messageBytes) throw sizeRefusal(topic, bytes, limits.messageBytes)
}

/** Of one character of a text. */
const MOST_UTF8_BYTES = 3
const ANY_TIME = new Date(0).toISOString()

/** What a key takes beside the body; a message without one travels by its id. */
function keyBytes(key: string | undefined): number {
  return key === undefined ? ID_BYTES : Buffer.byteLength(key)
}

const ID_BYTES = 32
