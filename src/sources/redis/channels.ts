import type { OpenSources } from '../../runtime/source.ts'
import { createStop } from '../../runtime/stop.ts'
import { openBrokerSource } from '../broker.ts'
import type { Session } from '../connection.ts'
import type { Format } from '../content.ts'
import { eventOfMessage } from '../message.ts'
import { createTaking } from '../taking.ts'
import { connect, isRefusal, type RedisParts } from './connect.ts'

/** Longer names of channels are no topics. */
const MOST_TOPIC_BYTES = 256

/** Subscribes to channels. Redis keeps no message for a subscriber that is not connected. */
export function openChannels(parts: RedisParts): Promise<OpenSources> {
  const { source, world, address, secrets } = parts
  const { channels, format = 'json' } = source.settings as { channels: string | string[]; format?: Format }
  const names = [channels].flat()
  const taking = createTaking(world)
  const stop = createStop()
  const take = (channel: Buffer, body: Buffer) => {
    if (stop.isStopped) return
    const topic = channel.length > MOST_TOPIC_BYTES ? undefined : channel.toString()
    taking.take(eventOfMessage(source, { body, format, topic }, world), () => {})
  }
  const open = async (): Promise<Session> => {
    const connected = await connect(parts, 1)
    const [redis] = connected.connections
    let isHeld = false
    const onMessage = (channel: Buffer, body: Buffer) => {
      take(channel, body)
      if (isHeld || world.room() === undefined) return
      // Redis keeps what is not read, up to its limit for subscribers.
      isHeld = true
      redis!.stream.pause()
      void taking.room().then(() => {
        isHeld = false
        redis!.stream.resume()
      })
    }
    redis!.on('messageBuffer', onMessage)
    redis!.on('pmessageBuffer', (_pattern, channel, body) => onMessage(Buffer.from(channel), body))
    try {
      const isPattern = (name: string) => /[*?[\\]/.test(name)
      const [patterns, plain] = [names.filter(isPattern), names.filter((name) => !isPattern(name))]
      if (plain.length > 0) await redis!.subscribe(...plain)
      if (patterns.length > 0) await redis!.psubscribe(...patterns)
    } catch (error) {
      await connected.close()
      throw error
    }
    return { ...connected, quiet: connected.close }
  }
  const what = `channels ${names.join(', ')}`
  return openBrokerSource({
    ...{ source, world, stop, address, secrets, open, isRefusal, taking, what },
    acknowledge: async () => {},
  })
}
