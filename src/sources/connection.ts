import { AttakError } from '../errors.ts'
import type { SourceWorld } from '../runtime/source.ts'
import { type Stop, waitFor } from '../runtime/stop.ts'
import { describeThrown } from '../runtime/thrown.ts'
import type { TopologySource } from '../topology/source.ts'
import { withoutSecrets } from './address.ts'

/** An open connection to a server, with all that it needs to bring events. */
export interface Session {
  /** Resolves when the connection is lost, to why; and when the session is closed. */
  readonly lost: Promise<unknown>
  /** Takes nothing more; what was taken can still be acknowledged. */
  quiet(): Promise<void>
  close(): Promise<void>
}

/** A server that a source stays connected to. */
export interface Connecting {
  readonly source: TopologySource
  readonly world: Pick<SourceWorld, 'say' | 'after'>
  readonly stop: Stop
  /** The server, for people: `redis://localhost:6379`. */
  readonly address: string
  readonly secrets: readonly string[]
  /** Resolves when events come. */
  open(): Promise<Session>
  /** Whether an error says that it is of no use to try again: a wrong password. */
  isRefusal(error: unknown): boolean
}

/** A connection that is opened again each time it is lost. */
export interface Connection {
  /** Takes nothing more. Resolves when nothing more comes. */
  quiet(): Promise<void>
  close(): Promise<void>
}

const FIRST_WAIT_MS = 100
const MOST_WAIT_MS = 10_000

/**
 * Connects to a server, and again with growing waits when that fails or the connection is lost; says only when that changes.
 * Throws SOURCE_FAILED if the server refuses at first.
 */
export async function stayConnected(connecting: Connecting): Promise<Connection> {
  const { source, world, stop, address, secrets, isRefusal } = connecting
  const say = (text: string, level: 'info' | 'warn') => world.say(`source "${source.name}": ${text}`, level)
  const why = (error: unknown) => withoutSecrets(reasonOf(error).replace(/\.$/, ''), secrets)
  let session: Session | undefined
  let isDown = false
  const down = (error: unknown) => {
    if (!isDown) say(`${address} cannot be reached: ${why(error)}. attak tries again.`, 'warn')
    isDown = true
  }
  const connect = async () => {
    session = await connecting.open()
    if (isDown) say(`${address} is reached.`, 'info')
    isDown = false
  }
  const keep = async () => {
    for (let waitMs = FIRST_WAIT_MS; !stop.isStopped; ) {
      try {
        if (session === undefined) {
          await waitFor(world, waitMs, stop)
          if (stop.isStopped) return
          await connect()
        }
        const current = session as Session | undefined
        const error = await stop.until(current!.lost)
        if (stop.isStopped) return
        waitMs = FIRST_WAIT_MS
        down(error ?? new Error('the connection was closed'))
        session = undefined
        await current!.close().catch(() => {})
      } catch (error) {
        down(error)
        waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)
      }
    }
  }
  try {
    await connect()
  } catch (error) {
    if (isRefusal(error)) {
      const what = `source "${source.name}": ${address} refuses: ${why(error)}`
      throw new AttakError('SOURCE_FAILED', what, 'Check the settings of the source and its rights on the server.')
    }
    down(error)
  }
  const kept = keep()
  return {
    async quiet() {
      stop.stop()
      await kept
      await session?.quiet().catch(() => {})
    },
    close: async () => session?.close().catch(() => {}),
  }
}

/** An error of a client may hold those that caused it. */
function reasonOf(error: unknown): string {
  const { message, code } = describeThrown(error)
  const inner = (error as { errors?: readonly unknown[] } | null)?.errors
  if (message === '' || (Array.isArray(inner) && inner.length > 0)) {
    const reason = Array.isArray(inner) && inner.length > 0 ? reasonOf(inner.at(-1)) : ''
    return reason || message || String(code)
  }
  const cause = (error as { cause?: unknown } | null)?.cause
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message
}
