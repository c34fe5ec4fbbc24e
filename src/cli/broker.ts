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
}

/** An open broker, and its name. */
export interface ChosenBroker {
  readonly name: string
  readonly broker: OpenBroker
}

/** Opens the broker of an address: the only place that chooses one. Throws USAGE, BROKER_FAILED or CLIENT_MISSING. */
export async function openBroker(options: BrokerOptions): Promise<ChosenBroker> {
  const { url, dir, lanes = LANES, leaseSeconds = LEASE_SECONDS, ...rest } = options
  const world: BrokerWorld = {
    ...{ ...rest, url, lanes, after, leaseMs: 1000 * leaseSeconds },
    clientFile: (name, user) => clientFile(dir, name, user),
  }
  if (/^rediss?:\/\//.test(url)) return { name: 'redis', broker: await openRedis(world) }
  if (/^kafkas?:\/\//.test(url)) return { name: 'kafka', broker: await openKafka(world) }
  if (/^amqps?:\/\//.test(url)) return { name: 'rabbitmq', broker: await openRabbit(world) }
  const what = `--broker: ${/^\w+:/.exec(url)?.[0] ?? 'an address without a protocol'} is no broker that attak knows`
  throw new AttakError(
    'USAGE',
    what,
    `Give redis://host:6379, kafka://host:9092 or amqp://host:5672; it was ${withoutPassword(url)}.`,
  )
}

async function openRedis(world: BrokerWorld): Promise<OpenBroker> {
  const [{ openRedisBroker }, { createRedisErrors }, { createRedisHandled }] = await Promise.all([
    import('../carriers/redis/broker.ts'),
    import('../stores/redis/errors.ts'),
    import('../stores/redis/handled.ts'),
  ])
  const broker = await openRedisBroker(world)
  const { client, prefix, place } = broker
  return {
    ...broker,
    errors: createRedisErrors({ client, key: `${prefix}errors`, place, after }),
    handled: (ttlMs) => createRedisHandled({ client, prefix: `${prefix}handled:`, ttlMs, after }),
  }
}

async function openKafka(world: BrokerWorld): Promise<OpenBroker> {
  const [{ openKafkaBroker }, { createKafkaErrors }] = await Promise.all([
    import('../carriers/kafka/broker.ts'),
    import('../stores/kafka/errors.ts'),
  ])
  const broker = await openKafkaBroker(world)
  const { place, errorsTopic: topic, writeErrors: write, readErrors: read } = broker
  return {
    ...broker,
    errors: createKafkaErrors({ topic, place, write, read, after }),
    handled() {
      const what = 'a processor is idempotent, and Kafka does not remember which messages were handled'
      throw new AttakError('USAGE', what, 'Use redis:// as the broker, or remove idempotent from the processor.')
    },
  }
}

async function openRabbit(world: BrokerWorld): Promise<OpenBroker> {
  const [{ openRabbitBroker }, { createRabbitErrors }] = await Promise.all([
    import('../carriers/rabbitmq/broker.ts'),
    import('../stores/rabbitmq/errors.ts'),
  ])
  const broker = await openRabbitBroker(world)
  const { place, errorsQueue: queue, writeErrors: write, readErrors: read } = broker
  return {
    ...broker,
    errors: createRabbitErrors({ queue, place, write, read, after }),
    handled() {
      const what = 'a processor is idempotent, and RabbitMQ does not remember which messages were handled'
      throw new AttakError('USAGE', what, 'Use redis:// as the broker, or remove idempotent from the processor.')
    },
  }
}
