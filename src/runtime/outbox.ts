import { AttakError } from '../errors.ts'
import { type OpenAcceptance, openAcceptance } from './acceptance.ts'
import type { Sender, SendLimits, WireRecord } from './carrier.ts'
import { checkMessage, dataTextOf, keyBytes } from './check-message.ts'
import { createDispatch, type Dispatch, type Pacing, type Refused } from './dispatch.ts'
import { encodeMessage } from './event.ts'
import type { Message } from './message.ts'
import { createPack, type Pack, type PackOrigin } from './pack.ts'

/** How messages of a channel are sent. */
export interface OutboxChannel {
  readonly sender: Sender<WireRecord>
  readonly limits: SendLimits
  /** The most messages of one record; 1 sends each by itself. */
  readonly pack: number
}

/** The arguments of an outbox. */
export interface OutboxParts extends Pacing {
  readonly topology: string
  readonly stage: string
  /** Opens a channel by its name, once for each name. */
  readonly channel: (name: string) => OutboxChannel
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Collects the emits of all handlers in one function invocation, so that they travel together. */
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
  /** Sends waiting messages, and closes all channels. May be called again. */
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
  readonly dispatch: Dispatch<Sealed>
  /** Packs that still grow, by their key. */
  readonly growing: Map<string | undefined, Parcel>
}

/** A pack that grows, and what becomes of it. */
interface Parcel {
  readonly pack: Pack
  readonly key: string | undefined
  readonly acceptance: OpenAcceptance
}

/** A record that is being sent, and its acceptance. */
interface Sealed extends WireRecord {
  readonly acceptance: OpenAcceptance
}

/** An outbox, and its contents. */
interface Box extends OutboxParts {
  readonly origin: PackOrigin
  readonly channels: Map<string, OpenChannel>
  /** How many records are being sent or filled. */
  unsettled: number
  /** Called when there are none. */
  waiting: (() => void)[]
  cancelFlush: (() => void) | undefined
  /** The last time that was written, and how. */
  timeMs: number
  time: string
}

/** Makes an outbox. It packs what has one key, and leaves the sending to a dispatch for each channel. */
export function createOutbox(parts: OutboxParts): Outbox {
  const box: Box = {
    ...parts,
    origin: { topology: parts.topology, stage: parts.stage },
    channels: new Map(),
    unsettled: 0,
    waiting: [],
    cancelFlush: undefined,
    timeMs: Number.NaN,
    time: '',
  }
  return {
    add: (name, message) => add(box, name, message),
    idle: () => flush(box),
    settled: () => settled(box),
    async close() {
      flush(box)
      await settled(box)
      const opened = [...box.channels.values()]
      box.channels.clear()
      await Promise.all(opened.map(({ sender }) => sender.close()))
    },
  }
}

function add(box: Box, name: string, message: Message): Promise<void> {
  const channel = box.channels.get(name) ?? open(box, name)
  const { growing, limits } = channel
  const { key } = message
  const data = dataTextOf(message)
  checkMessage(message, data, limits, box.origin)
  box.cancelFlush ??= box.after(LINGER_MS, () => flush(box))
  if (channel.pack === 1) return sendAlone(box, channel, message, data)
  let parcel = growing.get(key)
  const mostBytes = PACK_BYTES - keyBytes(key)
  if (parcel !== undefined && !parcel.pack.add(message, data, mostBytes)) {
    seal(box, channel, parcel)
    parcel = undefined
  }
  if (parcel === undefined) {
    parcel = begin(box, channel, key)
    parcel.pack.add(message, data, Number.POSITIVE_INFINITY)
  }
  const { pack } = parcel
  if (pack.messages.length >= channel.pack || pack.bytes() >= mostBytes) seal(box, channel, parcel)
  if (growing.size >= limits.batchRecords) flush(box)
  return parcel.acceptance
}

function open(box: Box, name: string): OpenChannel {
  const { sender, limits, pack } = box.channel(name)
  const { after, random, remainingMs } = box
  const growing: OpenChannel['growing'] = new Map()
  const dispatch = createDispatch<Sealed>({
    limits,
    sender,
    errorOf: (record, refused) => refusalError(name, record, refused),
    accepted({ acceptance }) {
      acceptance.accept()
      settle(box)
    },
    refused({ acceptance, key }, error) {
      refuse(box, acceptance, error)
      const behind = key === undefined ? undefined : growing.get(key)
      if (behind === undefined) return
      // It would overtake the refused record when that is sent again.
      growing.delete(key)
      refuse(box, behind.acceptance, error)
    },
    after,
    random,
    remainingMs,
  })
  const opened: OpenChannel = { sender, limits, pack, name, dispatch, growing }
  box.channels.set(name, opened)
  return opened
}

function refuse(box: Box, acceptance: OpenAcceptance, error: Error): void {
  acceptance.refuse(error)
  settle(box)
}

function settle(box: Box): void {
  box.unsettled--
  if (box.unsettled > 0) return
  for (const call of box.waiting) call()
  box.waiting = []
}

function begin(box: Box, channel: OpenChannel, key: string | undefined): Parcel {
  const parcel = { pack: createPack(box.origin, key), key, acceptance: openAcceptance() }
  box.unsettled++
  channel.growing.set(key, parcel)
  return parcel
}

function sendAlone(box: Box, channel: OpenChannel, message: Message, data: string | undefined): Promise<void> {
  const { topology, stage } = box.origin
  const acceptance = openAcceptance()
  box.unsettled++
  const body = encodeMessage(message, { topology, stage, time: timeNow(box) }, data)
  post(box, channel, { messages: [message], key: message.key, body, acceptance })
  return acceptance
}

function seal(box: Box, channel: OpenChannel, { pack, key, acceptance }: Parcel): void {
  channel.growing.delete(key)
  post(box, channel, { messages: pack.messages, key, body: pack.encode(timeNow(box)), acceptance })
}

function post(box: Box, { dispatch }: OpenChannel, sealed: Omit<Sealed, 'bytes'>): void {
  const { messages, key, body, acceptance } = sealed
  const bytes = Buffer.byteLength(body) + keyBytes(key)
  const record: Sealed = { messages, key, body, bytes, acceptance }
  const { wait } = messages[0]!
  // Messages that wait travel alone.
  dispatch.post(wait === undefined ? record : { ...record, delayMs: Math.max(0, wait.dueMs - box.now()) })
}

/** Most records are made within the same millisecond as the one before. */
function timeNow(box: Box): string {
  const nowMs = box.now()
  if (nowMs !== box.timeMs) {
    box.timeMs = nowMs
    box.time = new Date(nowMs).toISOString()
  }
  return box.time
}

function flush(box: Box): void {
  box.cancelFlush?.()
  box.cancelFlush = undefined
  for (const channel of box.channels.values()) {
    for (const parcel of channel.growing.values()) seal(box, channel, parcel)
    channel.dispatch.flush()
  }
}

async function settled(box: Box): Promise<void> {
  if (box.unsettled > 0) await new Promise<void>((resolve) => box.waiting.push(resolve))
}

function refusalError(channel: string, { messages }: WireRecord, { passing, tries, why }: Refused): AttakError {
  const what = messages.length === 1 ? 'a message' : `${messages.length} messages in one record`
  const remedy = passing
    ? 'The message that emitted it is retried, as its retries allow. If this continues, add shards or raise the timeout.'
    : 'Run attak deploy, which creates the stream and allows the processor to write to it.'
  const said = tries === 1 ? '' : ` after ${tries} tries`
  return new AttakError('EMIT_NOT_ACCEPTED', `channel "${channel}" did not accept ${what}${said}: ${why}`, remedy)
}
