import { createRequire } from 'node:module'
import type { Connection, ConnectionOptions } from 'rabbitmq-client'
import { AttakError } from '../../errors.ts'
import { AMQP_ADDRESS, addressIn } from '../../runtime/address.ts'
import type { BrokerWorld } from '../../runtime/broker.ts'

/** The client's class, as its package exports it. */
interface RabbitPackage {
  readonly Connection: new (options: ConnectionOptions) => Connection
}

/**
 * The connections to RabbitMQ. When its memory or disk is full it stops connections that publish; acknowledgments go over the
 * other one, so that it gets room again.
 */
export interface Connections {
  readonly receiving: Connection
  readonly publishing: Connection
  /** The address without its password. */
  readonly place: string
  /** By name of a lock: the end of its last use in this process. RabbitMQ locks connections against each other. */
  readonly locks: Map<string, Promise<unknown>>
  /** Whether RabbitMQ takes no messages for now. */
  isBlocked(): boolean
  isConnected(): boolean
  /** Ends both at once. */
  close(): void
}

const CONNECT_MS = 10_000
/**
 * The client misses a confirmation that comes while its socket drains, so the socket takes what the engine sends without a pause.
 * `writableHighWaterMark` is an option of streams, and so of sockets.
 */
const SOCKET = { writableHighWaterMark: 64 * 1024 * 1024 } as unknown as NonNullable<ConnectionOptions['socket']>
const RETRY_MS = { least: 100, most: 2000 }

/** Connects to RabbitMQ. Throws BROKER_FAILED if it does not answer, or refuses the user or the virtual host. */
export async function connect({ url, clientFile, leaseMs, tell }: BrokerWorld): Promise<Connections> {
  const { place } = addressIn(url, AMQP_ADDRESS, '--broker')
  const file = clientFile('rabbitmq-client', `--broker ${place}`)
  const { Connection }: RabbitPackage = createRequire(file)(file)
  const options: ConnectionOptions = {
    ...{ url: withUser(url), connectionTimeout: CONNECT_MS, acquireTimeout: CONNECT_MS, noDelay: true },
    ...{ retryLow: RETRY_MS.least, retryHigh: RETRY_MS.most, frameMax: 131_072 },
    socket: SOCKET,
    // Either side ends a connection that was silent for two of them.
    heartbeat: Math.max(1, Math.ceil(leaseMs / 2000)),
  }
  const open = async (name: string) => {
    const connection = new Connection({ ...options, connectionName: `attak ${name}` })
    try {
      await opened(connection)
      return connection
    } catch (error) {
      connection.unsafeDestroy()
      throw brokerError(place, error)
    }
  }
  const receiving = await open('receiving')
  const publishing = await open('publishing').catch((error) => {
    receiving.unsafeDestroy()
    throw error
  })
  const watched = watch({ receiving, publishing }, place, tell)
  return {
    ...{ receiving, publishing, place, locks: new Map() },
    isBlocked: () => watched.isBlocked,
    isConnected: () => watched.lost.size === 0,
    close() {
      watched.isClosed = true
      receiving.unsafeDestroy()
      publishing.unsafeDestroy()
    },
  }
}

/** As all clients, this one uses `guest` where the address names no user. */
function withUser(url: string): string {
  const parsed = new URL(url)
  if (parsed.username === '') {
    parsed.username = 'guest'
    parsed.password = 'guest'
  }
  return parsed.href
}

function opened(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('connection', resolve)
    // It stays, since an error without a listener ends the process.
    connection.on('error', reject)
  })
}

interface Watched {
  isBlocked: boolean
  isClosed: boolean
  readonly lost: Set<Connection>
}

function watch(
  { receiving, publishing }: Pick<Connections, 'receiving' | 'publishing'>,
  place: string,
  tell: BrokerWorld['tell'],
): Watched {
  const state: Watched = { isBlocked: false, isClosed: false, lost: new Set() }
  for (const connection of [receiving, publishing]) {
    connection.on('error', () => {
      if (state.isClosed || connection.ready) return
      if (state.lost.size === 0) {
        tell(`The connection to ${place} is lost. attak connects again; nothing is handled meanwhile.`, 'warn')
      }
      state.lost.add(connection)
    })
    connection.on('connection', () => {
      if (!state.lost.delete(connection) || state.lost.size > 0) return
      tell(`Connected to ${place} again.`, 'info')
    })
  }
  publishing.on('connection.blocked', (reason) => {
    if (!state.isBlocked) tell(`${place} takes no messages for now: ${reason}. attak waits until it does.`, 'warn')
    state.isBlocked = true
  })
  publishing.on('connection.unblocked', () => {
    if (state.isBlocked) tell(`${place} takes messages again.`, 'info')
    state.isBlocked = false
  })
  publishing.on('connection', () => {
    state.isBlocked = false
  })
  return state
}

/** What is wrong with a server that refuses a connection. */
function brokerError(place: string, cause: unknown): AttakError {
  const { message = '', code } = cause as { readonly message?: string; readonly code?: string }
  const [what, remedy] =
    code === 'ACCESS_REFUSED'
      ? [
          'refuses the user or the password',
          'Give both in the address: amqp://user:password@host:5672, in ATTAK_BROKER.',
        ]
      : code === 'NOT_ALLOWED'
        ? [
            `refuses the virtual host: ${saidBy(message)}`,
            'Name one that is there and that the user may use: amqp://user:password@host:5672/name.',
          ]
        : [
            `cannot be used: ${saidBy(message) || code}`,
            'Start it, or correct the address in --broker or ATTAK_BROKER.',
          ]
  return new AttakError('BROKER_FAILED', `the broker ${place} ${what}`, remedy, { cause })
}

/** What RabbitMQ said, without the names that the client puts before it: `QueueDeclare: NOT_FOUND - `. */
export function saidBy(message: string): string {
  return message.replace(/^\w+: /, '').replace(/^[A-Z_]+ - /, '')
}
