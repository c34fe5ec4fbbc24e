import type { Redis } from 'ioredis'
import type { SourceWorld } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Address } from '../address.ts'

/** What a source of Redis is opened with. */
export interface RedisParts extends Address {
  readonly source: TopologySource
  readonly world: SourceWorld
  readonly client: typeof import('ioredis')
}

/** Connections to Redis. */
export interface Connected {
  readonly connections: readonly Redis[]
  /** What the server calls each of them. */
  readonly ids: readonly number[]
  /** Resolves when one of them is lost, to why. */
  readonly lost: Promise<unknown>
  close(): Promise<void>
}

/** A server that is silent for so long is taken for gone. */
const SILENT_MS = 10_000

/** Opens connections that do not open themselves again. Rejects with what the server or the network says. */
export async function connect({ url, client }: RedisParts, count: number): Promise<Connected> {
  const connections = Array.from({ length: count }, () => {
    return new client.Redis(url, {
      ...{ lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: null, autoResubscribe: false },
      ...{ connectTimeout: SILENT_MS, socketTimeout: SILENT_MS, protocol: 2 },
      retryStrategy: () => null,
    })
  })
  let reason: unknown
  const lost = Promise.race(
    connections.map((one) => {
      one.on('error', (error) => {
        reason ??= error
      })
      return new Promise<unknown>((resolve) => one.once('end', () => resolve(reason)))
    }),
  )
  const close = async () => {
    for (const one of connections) one.disconnect()
  }
  let ids: readonly number[]
  try {
    await Promise.all(connections.map((one) => one.connect()))
    ids = await Promise.all(connections.map((one) => one.client('ID')))
  } catch (error) {
    await close()
    throw reason ?? error
  }
  return { connections, ids, lost, close }
}

/** Answers of a server that cannot serve now. Source: redis.io/docs, errors of the protocol, read 2026-11-29. */
const PASSING = /^(?:LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|NOGROUP|ERR max number of clients)/

/** Whether Redis itself refuses: a wrong password, a key of another type, a command that it does not know. */
export function isRefusal(error: unknown): boolean {
  const { name, message } = error as Partial<Error>
  return name === 'ReplyError' && !PASSING.test(String(message))
}
