import type { Redis } from 'ioredis'

/** Entries of one command. */
export const MOST_ENTRIES = 100

/** The entries of a consumer that are open, or done and not acknowledged. */
export interface OpenEntries {
  /** Adds entries. Returns those that were not open yet. */
  add(ids: readonly string[]): Set<string>
  /** Leaves entries to other consumers. */
  leave(ids: readonly string[]): void
  /** Acknowledges an entry soon. */
  done(id: string): void
  /** Uses a new connection, and acknowledges what the last one could not. */
  use(redis: Redis): Promise<void>
  acknowledge(): Promise<void>
  /** Tells the server that the entries are still worked on. */
  keep(): Promise<void>
}

/** Which consumer of which group. */
export interface Consumer {
  readonly stream: string
  readonly group: string
  readonly consumer: string
}

/** Keeps track of the entries of a consumer. */
export function createOpenEntries({ stream, group, consumer }: Consumer): OpenEntries {
  const ours = new Set<string>()
  const done = new Set<string>()
  let current: Redis | undefined
  const acknowledge = async () => {
    while (done.size > 0 && current !== undefined) {
      const ids = [...done].slice(0, MOST_ENTRIES)
      await current.xack(stream, group, ...ids)
      for (const id of ids) {
        done.delete(id)
        ours.delete(id)
      }
    }
  }
  let isAcknowledging = false
  return {
    acknowledge,
    add(ids) {
      const added = new Set(ids.filter((id) => !ours.has(id)))
      for (const id of added) ours.add(id)
      return added
    },
    leave(ids) {
      for (const id of ids) ours.delete(id)
    },
    done(id) {
      done.add(id)
      if (isAcknowledging) return
      isAcknowledging = true
      // Whatever ends in the same turn is one command. What fails stays, for the next connection.
      setImmediate(() => {
        const ended = () => {
          isAcknowledging = false
        }
        acknowledge().then(ended, ended)
      })
    },
    async use(redis) {
      current = redis
      await acknowledge()
    },
    async keep() {
      const open = [...ours].filter((id) => !done.has(id))
      for (let at = 0; at < open.length; at += MOST_ENTRIES) {
        await current!.call('XCLAIM', stream, group, consumer, 0, ...open.slice(at, at + MOST_ENTRIES), 'JUSTID')
      }
    },
  }
}
