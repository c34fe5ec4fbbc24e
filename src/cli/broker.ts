import type { RedisBroker } from '../carriers/redis/broker.ts'
import { AttakError } from '../errors.ts'
import { after } from '../hosts/after.ts'
import { clientFile } from '../project/client.ts'
import { withoutPassword } from '../runtime/address.ts'
import type { BrokerWorld, OpenBroker } from '../runtime/broker.ts'

/** The lanes of a channel that is made: so many workers can share its work. */
export const LANES = 8
/** How long a worker that gives no sign keeps its lanes, in seconds. */
export const LEASE_SECONDS = 10

/** Which broker, and for what. */
export interface BrokerOptions extends Pick<BrokerWorld, 'url' | 'topology' | 'stage' | 'now' | 'tell'> {
  /** The folder of the project, which has the client's package. */
  readonly dir: string
  readonly lanes?: number | undefined
  readonly leaseSeconds?: number | undefined
  /** A Redis that remembers what the broker cannot. */
  readonly stateUrl?: string | undefined
}

/** An open broker, and its name. */
export interface ChosenBroker {
  readonly name: string
  readonly broker: OpenBroker
}

/** Opens the broker of an address: the only place that chooses one. Throws USAGE, BROKER_FAILED or CLIENT_MISSING. */
export async function openBroker(options: BrokerOptions): Promise<ChosenBroker> {
  const { url, dir, lanes = LANES, leaseSeconds = LEASE_SECONDS, stateUrl, ...rest } = options
  const world: BrokerWorld = {
    ...{ ...rest, url, lanes, after, leaseMs: 1000 * leaseSeconds },
    clientFile: (name, user) => clientFile(dir, name, user),
  }
  const chosen = await openByProtocol(world)
  if (stateUrl === undefined) return chosen
  try {
    const memory = await openMemory({ ...world, url: stateUrl })
    const close = () => Promise.all([chosen.broker.close(), memory.close()]).then(() => {})
    return { ...chosen, broker: { ...chosen.broker, ...memory, close } }
  } catch (error) {
    await chosen.broker.close()
    throw error
  }
}

function openByProtocol(world: BrokerWorld): Promise<ChosenBroker> {
  const { url } = world
  if (/^rediss?:\/\//.test(url)) return openRedis(world)
  if (/^kafkas?:\/\//.test(url)) return openKafka(world)
  if (/^amqps?:\/\//.test(url)) return openRabbit(world)
  const what = `--broker: ${/^\w+:/.exec(url)?.[0] ?? 'an address without a protocol'} is no broker that attak knows`
  const known = 'redis://host:6379, kafka://host:9092 or amqp://host:5672'
  throw new AttakError('USAGE', what, `Give ${known}; it was ${withoutPassword(url)}.`)
}

async function openRedis(world: BrokerWorld): Promise<ChosenBroker> {
  const [{ openRedisBroker }, { createRedisErrors }] = await Promise.all([
    import('../carriers/redis/broker.ts'),
    import('../stores/redis/errors.ts'),
  ])
  const broker = await openRedisBroker(world)
  const { client, prefix, place } = broker
  const errors = createRedisErrors({ client, key: `${prefix}errors`, place, after })
  return { name: 'redis', broker: { ...broker, errors, ...(await memoryIn(broker)) } }
}

async function openKafka(world: BrokerWorld): Promise<ChosenBroker> {
  const [{ openKafkaBroker }, { createKafkaErrors }] = await Promise.all([
    import('../carriers/kafka/broker.ts'),
    import('../stores/kafka/errors.ts'),
  ])
  const broker = await openKafkaBroker(world)
  const { place, errorsTopic: topic, writeErrors: write, readErrors: read } = broker
  const errors = createKafkaErrors({ topic, place, write, read, after })
  return { name: 'kafka', broker: { ...broker, errors, handled: () => refuseHandled('Kafka') } }
}

async function openRabbit(world: BrokerWorld): Promise<ChosenBroker> {
  const [{ openRabbitBroker }, { createRabbitErrors }] = await Promise.all([
    import('../carriers/rabbitmq/broker.ts'),
    import('../stores/rabbitmq/errors.ts'),
  ])
  const broker = await openRabbitBroker(world)
  const { place, errorsQueue: queue, writeErrors: write, readErrors: read } = broker
  const errors = createRabbitErrors({ queue, place, write, read, after })
  return { name: 'rabbitmq', broker: { ...broker, errors, handled: () => refuseHandled('RabbitMQ') } }
}

function refuseHandled(name: string): never {
  const what = `a processor is idempotent, and ${name} does not remember which messages were handled`
  throw new AttakError('USAGE', what, 'Give a Redis that does: --state redis://host:6379, or ATTAK_STATE.')
}

type Memory = Pick<OpenBroker, 'handled' | 'openState'>

/** Opens what remembers for a broker that cannot. */
async function openMemory(world: BrokerWorld): Promise<Memory & Pick<OpenBroker, 'close'>> {
  const { url } = world
  if (!/^rediss?:\/\//.test(url)) {
    throw new AttakError(
      'USAGE',
      '--state: only Redis can remember',
      `Give redis://host:6379; it was ${withoutPassword(url)}.`,
    )
  }
  const { openRedisMemory } = await import('../carriers/redis/broker.ts')
  const redis = await openRedisMemory(world)
  return { ...(await memoryIn(redis)), close: async () => redis.close() }
}

/** What a Redis remembers. */
async function memoryIn({
  client,
  openStrict,
  prefix,
}: Pick<RedisBroker, 'client' | 'openStrict' | 'prefix'>): Promise<Required<Memory>> {
  const [{ createRedisHandled }, { createRedisState }] = await Promise.all([
    import('../stores/redis/handled.ts'),
    import('../stores/redis/state.ts'),
  ])
  return {
    handled: (ttlMs) => createRedisHandled({ client, prefix: `${prefix}handled:`, ttlMs, after }),
    openState: () => createRedisState({ client: openStrict(), prefix: `${prefix}state`, after }),
  }
}
