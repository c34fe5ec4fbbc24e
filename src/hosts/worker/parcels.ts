import type { BrokerSend } from '../../runtime/broker.ts'
import { encodeMessage, type Origin } from '../../runtime/event.ts'
import type { Message } from '../../runtime/message.ts'
import { createPack, type Pack } from '../../runtime/pack.ts'
import type { Engine } from './engine.ts'

/** An emit on its way to one channel of a broker. */
export interface Emitted {
  readonly channel: string
  readonly message: Message
  /** Its data as JSON; undefined for none. */
  readonly text: string | undefined
  /** The most messages that share its record. */
  readonly pack: number
}

/** A record is read as a whole: it stays small. */
const PACK_BYTES = 25_000

/** A record that grows. */
interface Parcel {
  readonly channel: string
  readonly key: string | undefined
  readonly pack: Pack
}

/** Returns the records of emits: those of one channel and key share some, in order. */
export function parcelsOf(
  emits: readonly Emitted[],
  { graph, host }: Pick<Engine, 'graph' | 'host'>,
): readonly BrokerSend[] {
  const nowMs = host.now()
  const origin: Origin = { topology: graph.name, stage: graph.stage, time: new Date(nowMs).toISOString() }
  const sends: BrokerSend[] = []
  const growing = new Map<string, Parcel>()
  const seal = ({ channel, key, pack }: Parcel) => sends.push({ channel, key, body: pack.encode(origin.time) })
  for (const { channel, message, text, pack: most } of emits) {
    const { key, wait } = message
    if (most === 1 || wait !== undefined) {
      const send = { channel, key, body: encodeMessage(message, origin, text) }
      sends.push(wait === undefined ? send : { ...send, delayMs: Math.max(0, wait.dueMs - nowMs) })
      continue
    }
    const name = key === undefined ? channel : `${channel} ${key}`
    let parcel = growing.get(name)
    if (parcel !== undefined && (parcel.pack.messages.length >= most || !parcel.pack.add(message, text, PACK_BYTES))) {
      seal(parcel)
      parcel = undefined
    } else if (parcel !== undefined) continue
    parcel = { channel, key, pack: createPack(origin, key) }
    parcel.pack.add(message, text, Number.POSITIVE_INFINITY)
    growing.set(name, parcel)
  }
  for (const parcel of growing.values()) seal(parcel)
  return sends
}
