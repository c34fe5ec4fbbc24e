import { setTimeout as wait } from 'node:timers/promises'
import type { Channel, Connection } from 'rabbitmq-client'
import { AttakError } from '../../errors.ts'
import { type Connections, saidBy } from './connect.ts'
import type { QueueShape } from './names.ts'

/** Calls with a channel of its own: RabbitMQ closes a channel with each error. */
export async function withChannel<Value>(
  connection: Connection,
  call: (channel: Channel) => Promise<Value>,
): Promise<Value> {
  const channel = await connection.acquire({ emitErrorsFromChannel: true })
  channel.on('error', () => {})
  try {
    return await call(channel)
  } finally {
    await closeChannel(channel)
  }
}

/** Closes a channel. The client's own promise never settles if the connection is lost meanwhile. */
export function closeChannel(channel: Channel): Promise<void> {
  if (!channel.active) return Promise.resolve()
  return new Promise((resolve) => {
    channel.once('close', resolve)
    channel.close().then(resolve, resolve)
  })
}

/** The code of an error of RabbitMQ: `NOT_FOUND`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code
}

/** Makes queues that are not there. Throws BROKER_FAILED for one that is there, but is another kind. */
export async function declareQueues(
  { receiving, place }: Connections,
  queues: readonly (readonly [string, QueueShape])[],
): Promise<void> {
  await withChannel(receiving, async (channel) => {
    for (const [queue, shape] of queues) {
      try {
        await channel.queueDeclare({ queue, ...shape })
      } catch (error) {
        throw queueError(queue, place, error)
      }
    }
  })
}

/** What is wrong with a queue that RabbitMQ refuses. */
export function queueError(queue: string, place: string, cause: unknown): AttakError {
  const said = saidBy((cause as Error).message)
  const code = codeOf(cause)
  const fail = (what: string, remedy: string) =>
    new AttakError('BROKER_FAILED', `the broker ${place} ${what}: ${said}`, remedy, { cause })
  if (code === 'PRECONDITION_FAILED') {
    const remedy =
      'Something else made a queue of that name, or a policy changes it. Rename the topology, or delete the queue.'
    return fail(`has another queue "${queue}"`, remedy)
  }
  if (code === 'ACCESS_REFUSED') {
    return fail(`refuses the queue "${queue}"`, 'Permit its user to configure, write and read ^(attak|amq)\\..* there.')
  }
  if (code === 'NOT_FOUND') return fail(`has no queue "${queue}"`, 'Start a worker, which makes it.')
  if (code === 'RESOURCE_LOCKED') {
    return fail(`is busy: another process uses "${queue}"`, 'End the process that stands still, or try again.')
  }
  if (isLost(cause)) {
    return fail('cannot be reached any more', 'Try again when it can.')
  }
  return fail(`cannot use the queue "${queue}"`, 'Look at its log.')
}

/** Whether a call failed since the connection was lost, and not by its answer. */
function isLost(error: unknown): boolean {
  const { cause = error } = error as { readonly cause?: unknown }
  const code = codeOf(cause) ?? ''
  return /^(?:E[A-Z]+|CONN_CLOSE|CH_CLOSE|CONNECTION_FORCED|SOCKET_TIMEOUT)$/.test(code)
}

/** Returns how many messages are ready in a queue; undefined if it is not there. */
export async function readyIn(connection: Connection, queue: string): Promise<number | undefined> {
  try {
    const { messageCount } = await withChannel(connection, (channel) => channel.queueDeclare({ queue, passive: true }))
    return messageCount
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}

const LOCK = { waitMs: 30_000, pauseMs: 50, tries: 5 }

/**
 * Calls while no one else does so under the same name, and again if the connection is lost meanwhile: the queue of a lock goes with
 * the connection that made it.
 */
export async function locked<Value>(
  connections: Connections,
  name: string,
  call: () => Promise<Value>,
): Promise<Value> {
  const { locks } = connections
  const before = locks.get(name) ?? Promise.resolve()
  const lock = async () => {
    for (let tries = 1; ; tries++) {
      try {
        return await lockedHere(connections, `${name}.lock`, call)
      } catch (error) {
        if (!isLost(error) || tries >= LOCK.tries) throw error
      }
    }
  }
  const calling = before.then(lock)
  locks.set(
    name,
    calling.catch(() => {}),
  )
  return calling
}

async function lockedHere<Value>(
  { receiving, place }: Connections,
  queue: string,
  call: () => Promise<Value>,
): Promise<Value> {
  for (let waitedMs = 0; ; waitedMs += LOCK.pauseMs) {
    try {
      await withChannel(receiving, (channel) => channel.queueDeclare({ queue, exclusive: true }))
      break
    } catch (error) {
      if (codeOf(error) !== 'RESOURCE_LOCKED' || waitedMs >= LOCK.waitMs) throw queueError(queue, place, error)
      await wait(LOCK.pauseMs)
    }
  }
  try {
    return await call()
  } finally {
    await receiving.queueDelete({ queue }).catch(() => {})
  }
}
