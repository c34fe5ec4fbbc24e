import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Channel, Connection } from 'rabbitmq-client'
import type { BrokerWorld } from '../../runtime/broker.ts'
import { closeChannel } from './queues.ts'

/** A message on its way to a queue. */
export interface Publish {
  readonly queue: string
  readonly body: string
  /** The message's type; none for a record. */
  readonly type?: string
  /** The exchange that brings it there. Default: it goes there directly. */
  readonly exchange?: string | undefined
}

/** Publishes messages in order, and again on a new connection until RabbitMQ has confirmed them. */
export interface Publisher {
  /**
   * Resolves when RabbitMQ has all; rejects if it refuses one. Those that are not confirmed when the connection is lost are given
   * up if they are not wanted any more.
   */
  send(messages: readonly Publish[], isWanted?: () => boolean): Promise<void>
  close(): void
}

interface Entry extends Publish {
  readonly isWanted: (() => boolean) | undefined
  resolve(): void
  reject(error: unknown): void
  /** Why RabbitMQ gave it back. */
  returned?: string
  /** When it was published; undefined if it is not on its way. */
  sentMs?: number
  /** How often RabbitMQ closed the channel while it was on its way. */
  refusals: number
}

/** A channel that RabbitMQ closes so often with a message on its way is closed because of it. */
const MOST_REFUSALS = 3
/** How long a confirmation may take before the message is published again, and how often that is looked at. */
const CONFIRM_MS = 15_000
const LOOK_MS = 5000

interface Publishing {
  readonly connection: Connection
  /** What is not confirmed, in order. */
  readonly entries: Set<Entry>
  /** By the id of a message, which no other has: what is on its way. */
  readonly sent: Map<string, Entry>
  channel: Channel | undefined
  isOpening: boolean
  isClosed: boolean
  readonly now: Clock['now']
  /** Before the ids of its messages. */
  readonly writer: string
  count: number
}

type Clock = Pick<BrokerWorld, 'now' | 'after'>

/** Makes the publisher of a connection. */
export function createPublisher(connection: Connection, clock: Clock): Publisher {
  const state: Publishing = {
    ...{ connection, entries: new Set(), sent: new Map(), channel: undefined },
    ...{ isOpening: false, isClosed: false, now: clock.now, writer: randomUUID().slice(0, 13), count: 0 },
  }
  connection.on('connection', () => void open(state))
  const look = () => {
    closeIfSilent(state)
    stopLooking = clock.after(LOOK_MS, look)
  }
  let stopLooking = clock.after(LOOK_MS, look)
  return {
    async send(messages, isWanted) {
      if (messages.length === 0) return
      const sending = messages.map(
        (message) =>
          new Promise<void>((resolve, reject) => {
            const entry: Entry = { ...message, isWanted, resolve, reject, refusals: 0 }
            state.entries.add(entry)
            if (state.channel !== undefined) publish(state, state.channel, entry)
          }),
      )
      if (state.channel === undefined) void open(state)
      await Promise.all(sending)
    },
    close() {
      state.isClosed = true
      stopLooking()
      for (const entry of state.entries) end(state, entry, new Error('the connection was closed'))
    },
  }
}

/** Opens a channel, and publishes on it what is not confirmed. A lost connection calls this again when it is back. */
async function open(state: Publishing): Promise<void> {
  const { connection, sent, entries } = state
  if (state.isOpening || state.isClosed || state.channel !== undefined) return
  state.isOpening = true
  try {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    channel.on('error', () => {})
    channel.once('close', () => {
      state.channel = undefined
      sent.clear()
      if (connection.ready) void open(state)
    })
    channel.on('basic.return', ({ messageId = '', replyText }) => {
      const entry = sent.get(messageId)
      if (entry !== undefined) entry.returned = replyText
    })
    await channel.confirmSelect()
    state.channel = channel
    for (const entry of [...entries]) {
      if (entry.isWanted?.() === false) end(state, entry)
      else publish(state, channel, entry)
    }
  } catch {
    // The connection is lost again.
  } finally {
    state.isOpening = false
  }
  if (state.channel === undefined && connection.ready) void open(state)
}

function publish(state: Publishing, channel: Channel, entry: Entry): void {
  const { sent, writer } = state
  const messageId = `${writer}.${(++state.count).toString(36)}`
  sent.set(messageId, entry)
  entry.sentMs = state.now()
  channel
    .basicPublish({ ...envelopeOf(entry), messageId }, entry.body)
    .then(async () => {
      // The client tells of a message that was given back one turn after its confirmation.
      await nextTurn()
      const { returned } = entry
      end(
        state,
        entry,
        returned === undefined ? undefined : new Error(`there is no queue ${entry.queue} (${returned})`),
      )
    })
    .catch((error: Error & { readonly code?: string }) => {
      const isRefused =
        /^(?:PRECONDITION_FAILED|NOT_FOUND|ACCESS_REFUSED)$/.test(error.code ?? '') && ++entry.refusals >= MOST_REFUSALS
      if (error.code === 'NACK' || isRefused) end(state, entry, error)
    })
    .finally(() => sent.delete(messageId))
}

/**
 * The client misses a confirmation that comes while its socket drains. All that is not confirmed is published again then, on a new
 * channel.
 */
function closeIfSilent({ connection, channel, entries, now }: Publishing): void {
  const [oldest] = entries
  if (channel === undefined || oldest?.sentMs === undefined || !connection.ready) return
  if (now() - oldest.sentMs > CONFIRM_MS) void closeChannel(channel)
}

function envelopeOf({ queue, type, exchange = '' }: Publish) {
  return { exchange, routingKey: queue, durable: true, mandatory: true, ...(type !== undefined && { type }) }
}

function end({ entries }: Publishing, entry: Entry, error?: Error): void {
  entries.delete(entry)
  if (error === undefined) entry.resolve()
  else entry.reject(error)
}
