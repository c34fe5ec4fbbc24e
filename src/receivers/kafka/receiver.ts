import { once } from '../../runtime/once.ts'
import { createBulk } from '../bulk.ts'
import { OPTIONS, type Properties, receiverOf, TEXT } from '../receiver.ts'

/** The part of `@platformatic/kafka` that this needs. */
interface Kafka {
  readonly Producer: new (options: Readonly<Record<string, unknown>>) => Producer
  readonly stringSerializers: unknown
}

interface Producer {
  send(options: { readonly messages: readonly Entry[] }): Promise<unknown>
  close(): Promise<void>
}

interface Entry {
  readonly topic: string
  readonly key?: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const BROKERS = /^[\w.[\]:-]+:\d+$/

/**
 * Sends each message to a topic as JSON, with its key, and with its id in the header `id`: a message that is delivered again is
 * sent again, and readers can tell. A failure fails all messages of its request.
 */
export const kafkaReceiver = receiverOf({
  name: 'kafka',
  client: '@platformatic/kafka',
  rules: {
    brokers: {
      must: 'a list of brokers, such as ["localhost:9092"], or a text with commas',
      fits: (value) => brokersOf(value).length > 0 && brokersOf(value).every((one) => BROKERS.test(one)),
    },
    topic: { ...TEXT, isRequired: true },
    keyField: { ...TEXT, must: 'the name of a field of the message' },
    clientId: TEXT,
    connection: OPTIONS,
  },
  lacks({ brokers, connection = {} }) {
    const { kafkaHost, host } = connection as Properties
    if (brokers !== undefined || typeof kafkaHost === 'string') return undefined
    if (host === undefined) return 'brokers is missing, such as ["localhost:9092"]'
    return `connection.host is the address of ZooKeeper ("${host}"), which Kafka no longer needs: give brokers`
  },
  open(properties, { load }) {
    const { topic, keyField } = properties
    const producer = once(async () => {
      const { Producer, stringSerializers } = (await load()) as Kafka
      return new Producer(optionsOf(properties, stringSerializers))
    })
    const bulk = createBulk<Entry>({
      most: 500,
      mostBytes: 900_000,
      async write(messages) {
        await (await producer.get()).send({ messages })
        return []
      },
    })
    return {
      async handle(message, { id, key }) {
        const value = JSON.stringify(message ?? null)
        const found = keyField === undefined ? key : (message as Properties | null)?.[String(keyField)]
        const keyed = found === undefined || found === null ? {} : { key: String(found) }
        await bulk.add({ topic: String(topic), ...keyed, value, headers: { id } }, Buffer.byteLength(value))
      },
      async close() {
        await bulk.idle()
        await (await producer.made())?.close()
      },
    }
  },
})

function brokersOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(',').map((one) => one.trim())
  return Array.isArray(value) ? value.map(String) : []
}

/** `connection` may hold what the client takes besides: `tls`, `sasl`, `connectTimeout`. */
function optionsOf({ brokers, clientId = 'attak', connection = {} }: Properties, serializers: unknown) {
  const { kafkaHost, host, groupId, ...more } = connection as Properties
  return {
    ...{ retries: 2, retryDelay: 200, connectTimeout: 5000, ...more },
    ...{ clientId, bootstrapBrokers: brokersOf(brokers ?? kafkaHost), serializers },
    acks: -1,
  }
}

export default kafkaReceiver
