import { nearest, type Problem } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'

type Fields = Readonly<Record<string, unknown>>

/** How the properties of one type of source become settings of a source of a topology. */
interface ConfigSource {
  /** The properties that it takes, and those of `connection`. Settings of the topology's source have their own names. */
  readonly properties: readonly string[]
  readonly connection: readonly string[]
  /** Returns the settings, or what is wrong, as a sentence. */
  settings(properties: Fields, connection: Fields): Fields | string
}

/** The sources of guthega. Some settings of the clients that it had are taken, and have no effect. */
const CONFIG_SOURCES: Readonly<Record<string, ConfigSource>> = {
  http: {
    properties: ['port', 'host', 'connection', 'maxBytes', 'cors'],
    connection: ['port', 'host'],
    settings({ connection: _, ...own }, { port, host }) {
      const address = { port: own.port ?? port ?? 3001, host: own.host ?? host ?? '0.0.0.0' }
      return { path: '/*', method: 'ANY', reply: 'guthega', ...own, ...address }
    },
  },
  redis: {
    properties: ['connection', 'channel'],
    connection: ['url', 'host', 'port', 'username', 'password', 'db'],
    settings({ channel }, { url, db, ...parts }) {
      if (typeof channel !== 'string' || channel === '') return 'channel is missing, such as "orders.*"'
      return {
        url: url ?? urlOf('redis', { port: 6379, ...parts }, db === undefined ? '' : String(db)),
        channels: channel,
      }
    },
  },
  amqp: {
    properties: ['connection', 'queue'],
    connection: [
      ...['protocol', 'hostname', 'port', 'username', 'password', 'vhost', 'url'],
      ...['locale', 'frameMax', 'heartbeat'],
    ],
    settings({ queue }, { url, protocol = 'amqp', hostname, vhost = '/', ...parts }) {
      if (typeof queue !== 'string' || queue === '') return 'queue is missing'
      const path = vhost === '/' ? '' : String(vhost)
      return { url: url ?? urlOf(String(protocol), { host: hostname, ...parts }, path), queue, declare: 'classic' }
    },
  },
  kafka: {
    properties: ['connection', 'topics'],
    connection: [
      ...['kafkaHost', 'host', 'groupId', 'fromOffset', 'sessionTimeout', 'protocol', 'outOfRangeOffset'],
      ...['autoCommit', 'autoCommitIntervalMs', 'fetchMaxBytes', 'fetchMaxWaitMs', 'id', 'encoding', 'sasl', 'ssl'],
    ],
    settings({ topics }, { kafkaHost, host, groupId = 'kafka-node-group', fromOffset, sessionTimeout, ssl, sasl }) {
      if (topics === undefined) return 'topics is missing, such as ["orders"]'
      if (kafkaHost === undefined && host !== undefined) {
        return `connection.host is the address of ZooKeeper ("${host}"), which Kafka no longer needs: give kafkaHost, such as "localhost:9092"`
      }
      if (fromOffset === 'none') return 'connection.fromOffset is "none": give "earliest" or "latest"'
      const { username, password, mechanism = 'plain' } = fieldsOf(sasl) ?? {}
      const url = urlOf(ssl ? 'kafkas' : 'kafka', { host: kafkaHost, username, password }, '')
      return {
        url: username === undefined ? url : `${url}?mechanism=${mechanism}`,
        ...{ topics, group: groupId, from: fromOffset ?? 'latest' },
        ...(typeof sessionTimeout === 'number' && { claimAfter: Math.max(1, Math.round(sessionTimeout / 1000)) }),
      }
    },
  },
}

function urlOf(protocol: string, { host, port, username = '', password }: Fields, path: string): string {
  const user = password === undefined && username === '' ? '' : `${escaped(username)}:${escaped(password ?? '')}@`
  const address = `${host ?? '127.0.0.1'}${port === undefined ? '' : `:${port}`}`
  return `${protocol}://${user}${address}${path === '' ? '' : `/${encodeURIComponent(path)}`}`
}

/** A password may name an environment variable. */
function escaped(text: unknown): string {
  return /^\$\{\w+\}$/.test(String(text)) ? String(text) : encodeURIComponent(String(text))
}

/** Reads a source config: `{ type, properties }`. Returns the source as a topology has it, or all problems. */
export function sourceOfConfig(
  config: Fields,
  { name, to }: { readonly name: string; readonly to: string },
): { readonly source?: Fields; readonly problems: readonly Problem[] } {
  const problem = (where: string, what: string, remedy: string): Problem => ({
    ...{ code: 'CONFIG_INVALID', severity: 'error', where: `${name}: ${where}`, what, remedy, inFile: true },
  })
  const types = Object.keys(CONFIG_SOURCES)
  const { type, properties = {} } = config
  const known = typeof type === 'string' && Object.hasOwn(CONFIG_SOURCES, type) ? CONFIG_SOURCES[type] : undefined
  const unknown = unknownOf(config, ['type', 'properties'], problem, '')
  const all = `There are ${types.join(', ')}.`
  if (known === undefined) {
    const near = typeof type === 'string' ? nearest(type, types) : undefined
    const what = type === undefined ? 'type is missing' : `there is no source of the type ${JSON.stringify(type)}`
    return { problems: [problem('type', what, near === undefined ? all : `Did you mean "${near}"?`), ...unknown] }
  }
  const own = fieldsOf(properties)
  const connection = fieldsOf(own?.connection ?? {})
  if (own === undefined || connection === undefined) {
    const where = own === undefined ? 'properties' : 'properties.connection'
    return { problems: [problem(where, 'must be an object', 'Write { … }.'), ...unknown] }
  }
  const wrong = [
    ...unknown,
    ...unknownOf(own, known.properties, problem, 'properties.'),
    ...unknownOf(connection, known.connection, problem, 'properties.connection.'),
  ]
  if (wrong.length > 0) return { problems: wrong }
  const settings = known.settings(own, connection)
  if (typeof settings === 'string') return { problems: [problem('properties', settings, 'Correct it.')] }
  return { source: { type, to, ...settings }, problems: [] }
}

/** Returns a problem for each name that is not known. */
export function unknownOf(
  fields: Fields,
  names: readonly string[],
  problem: (where: string, what: string, remedy: string) => Problem,
  prefix: string,
): readonly Problem[] {
  return Object.keys(fields)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearest(name, names)
      const remedy = near === undefined ? `It takes ${names.join(', ')}.` : `Did you mean "${near}"?`
      return problem(`${prefix}${name}`, `there is no setting "${name}"`, remedy)
    })
}
