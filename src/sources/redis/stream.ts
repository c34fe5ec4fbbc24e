import type { Redis } from 'ioredis'
import type { OpenSources } from '../../runtime/source.ts'
import { createStop, waitFor } from '../../runtime/stop.ts'
import { openBrokerSource } from '../broker.ts'
import type { Session } from '../connection.ts'
import { createTaking, type Taking } from '../taking.ts'
import { connect, isRefusal, type RedisParts } from './connect.ts'
import { type Entry, eventOfEntry, type StreamSettings, settingsOf } from './entry.ts'
import { createOpenEntries, MOST_ENTRIES, type OpenEntries } from './open-entries.ts'

/** How long the server waits for an entry before it answers that there is none. */
const BLOCK_MS = 5000

/** An entry whose answer was lost would else be deleted with its consumer. */
const LEAVE = `local open = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if #open == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end`

/** Reads a stream by a consumer group. An entry is acknowledged when it is done. */
export function openStream(parts: RedisParts): Promise<OpenSources> {
  const { source, world, address, secrets } = parts
  const settings = settingsOf(parts)
  const { stream, group, claimMs } = settings
  const consumer = world.newId()
  const taking = createTaking(world)
  const stop = createStop()
  const entries = createOpenEntries({ stream, group, consumer })
  const take = takeIn({ parts, settings, entries, taking, stop })
  const open = async (): Promise<Session> => {
    const connected = await connect(parts, 2)
    const [reader, other] = connected.connections as [Redis, Redis]
    try {
      await makeGroup(other, settings)
      await entries.use(other)
    } catch (error) {
      await connected.close()
      throw error
    }
    let isLost = false
    void connected.lost.then(() => {
      isLost = true
    })
    const goesOn = () => !stop.isStopped && !isLost
    const pause = () => waitFor(world, claimMs / 3, stop)
    const reading = readOn(reader, {
      settings,
      consumer,
      goesOn,
      take,
      room: () => stop.until(taking.room()),
    })
    const claiming = claimOn(other, { settings, consumer, goesOn, take, pause })
    const keeping = keepOn({ entries, goesOn, pause })
    const loops = [reading, claiming, keeping]
    const failed = Promise.all(loops).then(() => connected.lost)
    return {
      lost: Promise.race([connected.lost, failed.catch((error: unknown) => error)]),
      async quiet() {
        await other.call('CLIENT', 'UNBLOCK', String(connected.ids[0])).catch(() => {})
        await Promise.allSettled([reading, claiming])
      },
      async close() {
        if (stop.isStopped) await other.eval(LEAVE, 1, stream, group, consumer).catch(() => {})
        await connected.close()
      },
    }
  }
  return openBrokerSource({
    ...{ source, world, stop, address, secrets, open, isRefusal, taking, acknowledge: entries.acknowledge },
    what: `stream ${stream}`,
  })
}

interface TakeParts {
  readonly parts: RedisParts
  readonly settings: StreamSettings
  readonly entries: OpenEntries
  readonly taking: Taking
  readonly stop: ReturnType<typeof createStop>
}

/** Takes entries, in order, as long as there is room. What is not taken at the stop is left to other consumers. */
function takeIn({ parts, settings, entries, taking, stop }: TakeParts): Loop['take'] {
  return async (found) => {
    const ids = entries.add(found.map(([id]) => id.toString()))
    for (const [idBytes, fields] of found) {
      const id = idBytes.toString()
      if (!ids.delete(id)) continue
      await stop.until(taking.room())
      if (stop.isStopped) return entries.leave([id, ...ids])
      // An entry that was deleted has no fields.
      if (fields === null) entries.done(id)
      else taking.take(eventOfEntry(parts, settings, id, fields), () => entries.done(id))
    }
  }
}

async function makeGroup(redis: Redis, { stream, group, from }: StreamSettings): Promise<void> {
  try {
    await redis.xgroup('CREATE', stream, group, from === 'end' ? '$' : '0', 'MKSTREAM')
  } catch (error) {
    if (!String((error as Error).message).startsWith('BUSYGROUP')) throw error
  }
}

interface Loop {
  readonly settings: StreamSettings
  readonly consumer: string
  goesOn(): boolean
  take(entries: readonly Entry[]): Promise<void>
}

async function readOn(redis: Redis, { settings, consumer, goesOn, take, room }: Loop & { room(): Promise<void> }) {
  const { stream, group } = settings
  const where = ['GROUP', group, consumer, 'COUNT', MOST_ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'] as const
  while (goesOn()) {
    await room()
    if (!goesOn()) return
    const answer = (await redis.callBuffer('XREADGROUP', ...where)) as [Buffer, Entry[]][] | null
    for (const [, entries] of answer ?? []) await take(entries)
  }
}

/** Takes over what other consumers left open. */
async function claimOn(redis: Redis, { settings, consumer, goesOn, take, pause }: Loop & { pause(): Promise<void> }) {
  const { stream, group, claimMs } = settings
  for (let from = '0-0'; goesOn(); ) {
    const answer = await redis.callBuffer('XAUTOCLAIM', stream, group, consumer, claimMs, from, 'COUNT', MOST_ENTRIES)
    const [next, entries] = answer as [Buffer, (Entry | null)[]]
    await take(entries.filter((entry) => entry !== null))
    from = next.toString()
    if (from === '0-0') await pause()
  }
}

/** Says again and again that open entries are worked on, so that no other consumer takes them over. */
async function keepOn({
  entries,
  goesOn,
  pause,
}: { entries: OpenEntries } & Pick<Loop, 'goesOn'> & { pause(): Promise<void> }) {
  while (goesOn()) {
    await entries.keep()
    await pause()
  }
}
