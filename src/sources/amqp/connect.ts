import type { Connection } from 'rabbitmq-client'

/** The client's package. */
export type AmqpClient = typeof import('rabbitmq-client')

/** A connection that the sources of one address share. */
export interface Shared {
  readonly connection: Connection
  /** Resolves when it is lost, to why. */
  readonly lost: Promise<unknown>
  /** Ends it at once. Rejects what waits for it. */
  destroy(error: Error): void
  /** Closes it, unless another source uses it. */
  release(): Promise<void>
}

/** Returns the open connection to an address, or opens one. Rejects with what the server or the network says. */
export type Pool = (url: string) => Promise<Shared>

interface Entry {
  readonly opening: Promise<Omit<Shared, 'release'>>
  users: number
}

/** Makes a pool without connections. */
export function createPool(client: AmqpClient): Pool {
  const entries = new Map<string, Entry>()
  return async (url) => {
    const entry = entries.get(url) ?? { opening: openConnection(client, url), users: 0 }
    entries.set(url, entry)
    entry.users++
    const forget = () => {
      if (entries.get(url) === entry) entries.delete(url)
    }
    const opened = await entry.opening.catch((error: unknown) => {
      forget()
      throw error
    })
    let isLost = false
    void opened.lost.then(() => {
      isLost = true
      forget()
    })
    return {
      ...opened,
      async release() {
        if (--entry.users > 0 || isLost) return
        forget()
        await opened.connection.close()
      },
    }
  }
}

const TIMEOUT_MS = 10_000
/** A server that is silent for twice as long is taken for gone. */
const HEARTBEAT_SECONDS = 10

/** Opens a connection that does not open itself again. */
async function openConnection({ Connection }: AmqpClient, url: string): Promise<Omit<Shared, 'release'>> {
  const connection = new Connection({
    ...{ url: withUser(url), connectionTimeout: TIMEOUT_MS, acquireTimeout: TIMEOUT_MS },
    ...{ heartbeat: HEARTBEAT_SECONDS, noDelay: true, connectionName: 'attak' },
  })
  let destroy = (_: Error) => {}
  const lost = new Promise<Error>((resolve) => {
    destroy = (error) => {
      connection.unsafeDestroy()
      resolve(error)
    }
  })
  connection.on('error', destroy)
  const opened = new Promise<undefined>((resolve) => connection.once('connection', () => resolve(undefined)))
  const error = await Promise.race([opened, lost])
  if (error !== undefined) throw error
  return { connection, lost, destroy }
}

/** RabbitMQ has a user of this name and password for clients on its machine. */
function withUser(url: string): string {
  const { username } = new URL(url)
  return username === '' ? url.replace('://', '://guest:guest@') : url
}

/** Answers that a later try may not get. Source: rabbitmq.com/docs, "AMQP 0-9-1 complete reference", read 2026-11-29. */
const REFUSALS = ['ACCESS_REFUSED', 'NOT_FOUND', 'PRECONDITION_FAILED', 'NOT_ALLOWED', 'NOT_IMPLEMENTED']

/** Whether RabbitMQ itself refuses: a wrong password, a queue that is not there or has other settings. */
export function isRefusal(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return REFUSALS.includes(String(code)) && !/is down|inaccessible/.test(String(message))
}
