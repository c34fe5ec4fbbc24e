import { createRequire } from 'node:module'
import type { Redis, RedisOptions } from 'ioredis'
import { AttakError } from '../../errors.ts'
import { addressIn, REDIS_ADDRESS } from '../../runtime/address.ts'
import type { BrokerWorld } from '../../runtime/broker.ts'

/** The client's class, as its package exports it. */
export interface RedisPackage {
  readonly Redis: new (url: string, options: RedisOptions) => Redis
}

/** How long the first connection may take. */
const CONNECT_MS = 10_000
/** A connection that is silent for so long is replaced. */
const SILENT_MS = 10_000
/** The oldest version that has all commands and limits that attak relies on. */
const LEAST_VERSION = [6, 2] as const

/** Commands wait while the connection is lost, and are sent again, in order. */
const KEPT: RedisOptions = {
  maxRetriesPerRequest: null,
  enableAutoPipelining: true,
  socketTimeout: SILENT_MS,
  connectTimeout: CONNECT_MS,
}

/** A connection that refuses commands while it is lost, and sends none again. */
export const STRICT: RedisOptions = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false }

/** The connections to a server of Redis. */
export interface Connections {
  readonly client: Redis
  /** Opens a further connection, which may block. */
  another(options?: RedisOptions): Redis
  /** Ends all connections at once. */
  close(): void
  /** The file of the client's package, for other threads. */
  readonly file: string
  /** The address without its password. */
  readonly place: string
}

/** What a server is used for, in the words of users. */
export interface Use {
  readonly noun: string
  readonly flag: string
  readonly variable: string
}

/** It carries messages. */
export const AS_BROKER: Use = { noun: 'broker', flag: '--broker', variable: 'ATTAK_BROKER' }
/** It remembers what another broker cannot. */
export const AS_STATE: Use = { noun: 'state store', flag: '--state', variable: 'ATTAK_STATE' }

/** Connects to Redis. Throws USAGE for a wrong address, and BROKER_FAILED if it does not answer or refuses. */
export async function connect(
  { url, clientFile, tell }: Pick<BrokerWorld, 'url' | 'clientFile' | 'tell'>,
  use: Use,
): Promise<Connections> {
  const { place, path } = addressIn(url, REDIS_ADDRESS, use.flag)
  const file = clientFile('ioredis', `${use.flag} ${place}`)
  const { Redis }: RedisPackage = createRequire(file)(file)
  let isConnected = false
  const opened: Redis[] = []
  const open = (options: RedisOptions) => {
    const client = new Redis(url, {
      ...KEPT,
      ...options,
      retryStrategy: (times) => (isConnected ? Math.min(1000, 50 * times) : null),
    })
    // Without a listener, the package prints each.
    client.on('error', () => {})
    opened.push(client)
    return client
  }
  const client = open({ lazyConnect: true })
  // The package rejects with no more than that the connection is closed.
  let reason: unknown
  client.once('error', (error) => {
    reason = error
  })
  try {
    await client.connect()
    // Otherwise commands would wait for a connection for ever.
    await client.ping()
    // The package selects it, too, and uses database 0 if Redis refuses.
    if (path !== '') await client.select(Number(path))
    isConnected = true
  } catch (error) {
    client.disconnect()
    throw brokerError(place, reason ?? error, use)
  }
  watch(client, place, tell)
  return {
    ...{ client, file, place },
    another: (options) => open({ enableAutoPipelining: false, ...options }),
    close() {
      for (const client of opened) client.disconnect()
    },
  }
}

function watch(client: Redis, place: string, tell: BrokerWorld['tell']): void {
  let isLost = false
  client.on('close', () => {
    if (isLost || client.status === 'end') return
    isLost = true
    tell(`The connection to ${place} is lost. attak connects again; nothing is handled meanwhile.`, 'warn')
  })
  client.on('ready', () => {
    if (isLost) tell(`Connected to ${place} again.`, 'info')
    isLost = false
  })
}

/** What is wrong with a server that does not take commands. */
function brokerError(place: string, cause: unknown, { noun, flag, variable }: Use): AttakError {
  const { message = '', code } = cause as { readonly message?: string; readonly code?: string }
  const isRefused = /^(?:WRONGPASS|NOAUTH|ERR (?:invalid|AUTH))/.test(message)
  const refused = message.startsWith('NOAUTH')
    ? 'wants a password, and none is given'
    : `refuses the password: ${message}`
  const what = isRefused ? refused : `cannot be used: ${code ?? message}`
  const remedy = isRefused
    ? `Give it in the address, in ${variable}: redis://:password@host:6379, or redis://user:password@host:6379.`
    : `Start it, or correct the address in ${flag} or ${variable}.`
  return new AttakError('BROKER_FAILED', `the ${noun} ${place} ${what}`, remedy, { cause })
}

/**
 * Checks what a server says of itself. Returns warnings. Throws BROKER_FAILED for one that is too old, that is no primary, that
 * may remove what it was given, or that is a cluster.
 */
export async function checkServer(client: Redis, place: string, { noun }: Use): Promise<readonly string[]> {
  const info = factsIn(await client.info())
  const refuse = (what: string, remedy: string) =>
    new AttakError('BROKER_FAILED', `the ${noun} ${place} ${what}`, remedy)
  const { redis_version: version = '' } = info
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw refuse(`is Redis ${version}`, `attak needs Redis ${LEAST_VERSION.join('.')} or later.`)
  }
  if (info.cluster_enabled === '1')
    throw refuse('is a cluster', 'Use a server that is not: attak keeps a topology in one.')
  if (info.role === 'slave') throw refuse('is a replica', 'Give the address of its primary.')
  const { maxmemory_policy: policy = 'noeviction' } = info
  if (policy !== 'noeviction') {
    throw refuse(
      `removes messages when its memory is full (maxmemory-policy ${policy})`,
      'Set maxmemory-policy noeviction there.',
    )
  }
  if (info.aof_enabled !== '0') return []
  return [
    `${place} keeps messages in memory: it loses those of its last minutes if it crashes. Set appendonly yes there to keep them.`,
  ]
}

function factsIn(info: string): Readonly<Record<string, string>> {
  const lines = info.split('\r\n').map((line) => /^(\w+):(.*)$/.exec(line))
  return Object.fromEntries(lines.flatMap((found) => (found === null ? [] : [[found[1]!, found[2]!]])))
}
