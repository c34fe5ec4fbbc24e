import type { Channel } from 'rabbitmq-client'
import type { WorkerStatus } from '../../runtime/broker.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'
import type { Connections } from './connect.ts'
import type { Names } from './names.ts'
import { bodyOf } from './single.ts'

/** What a worker has of a lane. */
export interface LaneReport {
  /** Records that it has and that are not acknowledged. */
  readonly held: number
  /** When the oldest of them was sent; undefined for none. */
  readonly oldestMs?: number | undefined
}

/** What workers tell each other. */
export type Told =
  /** It is there; with `asks`, all others answer. */
  | {
      readonly kind: 'here'
      readonly worker: WorkerStatus
      readonly lanes: Readonly<Record<string, LaneReport>>
      readonly asks: boolean
    }
  | { readonly kind: 'gone'; readonly id: string }
  /** All workers say that they are there. */
  | { readonly kind: 'ask' }
  /** The owner that a lane has lost has not ended while it handled a record. */
  | { readonly kind: 'survived'; readonly lane: string; readonly ref: string }

/** Sends to all workers of the topology. What does not arrive is said again. */
export interface Teller {
  tell(told: Told): Promise<void>
}

/** Makes what tells workers something. */
export function createTeller({ publishing }: Connections, { workers }: Names): Teller {
  let channel: Promise<Channel> | undefined
  const open = async () => {
    const opened = await publishing.acquire({ emitErrorsFromChannel: true })
    opened.on('error', () => {})
    opened.once('close', () => {
      channel = undefined
    })
    return opened
  }
  return {
    async tell(told) {
      // What is told while the connection is lost is out of date when it is back.
      if (!publishing.ready) return
      channel ??= open()
      try {
        await (await channel).basicPublish({ exchange: workers, routingKey: '' }, JSON.stringify(told))
      } catch {
        channel = undefined
      }
    },
  }
}

/** Hears what workers say, on a channel of its own. Resolves when it does. */
export async function hearWorkers(
  { receiving }: Connections,
  { workers, present }: Names,
  { isWorker, heard }: { readonly isWorker: boolean; heard(told: Told): void },
): Promise<Channel> {
  const channel = await receiving.acquire({ emitErrorsFromChannel: true })
  channel.on('error', () => {})
  const { queue } = await channel.queueDeclare({ queue: '', exclusive: true, autoDelete: true })
  await channel.queueBind({ queue, exchange: workers, routingKey: '' })
  await channel.basicConsume({ queue, noAck: true }, (message) => {
    const told = toldIn(bodyOf(message))
    if (told !== undefined) heard(told)
  })
  if (isWorker) await channel.basicConsume({ queue: present, noAck: true }, () => {})
  return channel
}

/** Returns what a worker said; undefined for what none says. */
function toldIn(text: string): Told | undefined {
  const told = fieldsOf(jsonIn(text))
  const isText = (value: unknown) => typeof value === 'string'
  switch (told?.kind) {
    case 'ask':
      return { kind: 'ask' }
    case 'gone':
      return isText(told.id) ? (told as unknown as Told) : undefined
    case 'survived':
      return isText(told.lane) && isText(told.ref) ? (told as unknown as Told) : undefined
    case 'here': {
      const worker = fieldsOf(told.worker)
      const isKnown = isText(worker?.id) && typeof worker?.startedMs === 'number' && Array.isArray(worker.channels)
      return isKnown && fieldsOf(told.lanes) !== undefined ? (told as unknown as Told) : undefined
    }
    default:
      return undefined
  }
}
