import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { AttakError } from '../../errors.ts'
import type { BrokerRules, BrokerSend, BrokerWorld, OpenBroker } from '../../runtime/broker.ts'
import { inTurn } from '../../runtime/in-turn.ts'
import { createPlacing, otherLanes } from '../../runtime/placing.ts'
import { withScripts } from './client.ts'
import { AS_BROKER, AS_STATE, checkServer, connect, STRICT } from './connect.ts'
import { laneName } from './lanes.ts'
import { destroyAll, statusOf } from './status.ts'
import { type RedisWorking, startWork } from './work.ts'

/**
 * What Redis allows. A string has at most 512 MB, so the limit is that of a process. Source:
 * redis.io/docs/latest/develop/data-types/strings, read 2026-11-29.
 */
const rules: BrokerRules = {
  messageBytes: 16 * 1024 * 1024,
  mostDelayMs: Number.POSITIVE_INFINITY,
  remembersIds: true,
}

/** The most records of one call. */
const MOST_SENT = 500

/** How long a sender's number is remembered, so that a call that is repeated has no effect. */
const WRITER_MS = 3_600_000
const DAY_MS = 86_400_000

/** What a broker on Redis offers, but for its stores. */
export type RedisBroker = Omit<OpenBroker, 'errors' | 'handled'> & {
  readonly client: Redis
  /** Opens a connection that refuses commands while it is lost, and sends none again. */
  openStrict(): Redis
  /** All keys of the topology and stage begin with it. */
  readonly prefix: string
}

/** All keys of a topology and stage begin with it: they are in one slot. */
function prefixOf({ topology, stage }: Pick<BrokerWorld, 'topology' | 'stage'>): string {
  return `attak:{${topology}--${stage}}:`
}

/** Opens Redis as a broker. Throws BROKER_FAILED or CLIENT_MISSING if that cannot be done. */
export async function openRedisBroker(world: BrokerWorld): Promise<RedisBroker> {
  const connections = await connect(world, AS_BROKER)
  const { place } = connections
  const client = withScripts(connections.client)
  const prefix = prefixOf(world)
  const lanesOf = new Map<string, number>()
  const placeOf = createPlacing(lanesOf)
  const fieldsOf = (sends: readonly BrokerSend[]) =>
    sends.flatMap((send) => [
      laneName(send.channel, placeOf(send)),
      send.delayMs === undefined ? '' : `${send.delayMs}`,
      send.body,
    ])
  const put = inTurn(MOST_SENT, (sends: readonly BrokerSend[], seq) =>
    client.attakSend(prefix, writer, seq, WRITER_MS, fieldsOf(sends)),
  )
  const writer = randomUUID()
  const failed =
    (what: string) =>
    (error: Error): never => {
      const remedy = 'Look at its log, its memory and the rights of the user.'
      throw new AttakError('BROKER_FAILED', `the broker ${place} ${what}: ${error.message}`, remedy)
    }
  let working: RedisWorking | undefined
  return {
    ...{ rules, place, client, prefix },
    openStrict: () => connections.another(STRICT),
    async ensure(channels) {
      const warnings = await checkServer(client, place, AS_BROKER)
      const ensured = client.attakEnsure(prefix, world.lanes, ...channels)
      const counts = await ensured.catch(failed('does not make the channels'))
      for (const [index, channel] of channels.entries()) lanesOf.set(channel, counts[index]!)
      return [...warnings, ...otherLanes(lanesOf, channels, world.lanes)]
    },
    async send(sends, id) {
      const sending = id === undefined ? put(sends) : client.attakSend(prefix, id, 1, DAY_MS, fieldsOf(sends))
      await sending.catch(failed(`did not take ${sends.length === 1 ? 'a message' : `${sends.length} messages`}`))
    },
    async work(worker) {
      const starting = startWork({ world, connections, client, prefix, lanesOf, fieldsOf }, worker)
      working = await starting.catch(failed('does not take this worker'))
      return working
    },
    status: () => statusOf(client, prefix).catch(failed('does not tell its state')),
    destroy: () => destroyAll(client, prefix).catch(failed('does not remove everything')),
    async close() {
      working?.leave()
      connections.close()
    },
  }
}

/** Connects to a Redis that remembers what another broker cannot. Throws BROKER_FAILED or CLIENT_MISSING. */
export async function openRedisMemory(
  world: BrokerWorld,
): Promise<Pick<RedisBroker, 'client' | 'openStrict' | 'prefix'> & { close(): void }> {
  const { client, place, another, close } = await connect(world, AS_STATE)
  try {
    for (const warning of await checkServer(client, place, AS_STATE)) world.tell(warning, 'warn')
  } catch (error) {
    close()
    throw error
  }
  return { client, openStrict: () => another(STRICT), prefix: prefixOf(world), close }
}
