import { setTimeout as wait } from 'node:timers/promises'
import type { AsyncMessage, Channel } from 'rabbitmq-client'
import { AttakError } from '../../errors.ts'
import type { Connections } from './connect.ts'
import { locked, readyIn, withChannel } from './queues.ts'
import { bodyOf } from './single.ts'

/** The most messages that are read at once, and how long none may come. */
const READ = { most: 10_000, silentMs: 5000 }

/** How often, and how many times, to look whether what was given back is there. */
const LOOK_MS = 50
const LOOKS = 100

/** The texts of a queue. */
export interface ReadTexts {
  readonly texts: readonly string[]
  /** How many messages were left out. */
  readonly left: number
}

/**
 * Reads a queue, the oldest message first. Removes those of whose text `isDone` says so, and gives all others back. One process
 * reads at a time: another would miss what this one has.
 */
export async function readAll(
  connections: Connections,
  queue: string,
  isDone: (text: string) => boolean,
): Promise<ReadTexts> {
  const { receiving } = connections
  if ((await readyIn(receiving, queue)) === undefined) return { texts: [], left: 0 }
  return locked(connections, queue, async () => {
    let kept = 0
    const read = await withChannel(receiving, async (channel) => {
      const { messageCount } = await channel.queueDeclare({ queue, passive: true })
      const texts: string[] = []
      if (messageCount === 0) return { texts, left: 0 }
      const wanted = Math.min(messageCount, READ.most)
      await channel.basicQos({ prefetchCount: READ.most })
      await consume(channel, queue, (message) => {
        const text = bodyOf(message)
        texts.push(text)
        if (isDone(text)) channel.basicAck({ deliveryTag: message.deliveryTag })
        else kept++
        return texts.length < wanted
      })
      return { texts, left: messageCount - wanted }
    })
    // They come back some time after the channel is closed. The next reader is to see them.
    for (let look = 0; look < LOOKS && ((await readyIn(receiving, queue)) ?? 0) < kept; look++) await wait(LOOK_MS)
    return read
  })
}

/** Consumes a queue until `take` wants no more. */
function consume(channel: Channel, queue: string, take: (message: AsyncMessage) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const end = (error?: Error) => {
      isOver = true
      clearTimeout(timer)
      if (error === undefined) resolve()
      else reject(error)
    }
    const waitOn = () => {
      clearTimeout(timer)
      const what = `the queue ${queue} of RabbitMQ gave no message in ${READ.silentMs} ms`
      timer = setTimeout(() => end(new AttakError('BROKER_FAILED', what, 'Try again.')), READ.silentMs)
    }
    channel.once('close', () => end(new Error('the connection to RabbitMQ was lost')))
    waitOn()
    const consumed = (message: AsyncMessage) => {
      if (isOver) return
      waitOn()
      if (!take(message)) end()
    }
    channel.basicConsume({ queue }, consumed).catch(end)
  })
}
