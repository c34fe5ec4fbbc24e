import type { Begun, HandledStore, Lease } from '../../runtime/handled.ts'

/** What {@link createMemoryHandled} works with. */
export interface MemoryHandledParts {
  /** Milliseconds of any clock. */
  readonly now: () => number
  /** How long it remembers. */
  readonly ttlMs: number
}

interface Entry {
  readonly digest: string
  /** Undefined: it was handled. */
  readonly token: string | undefined
  readonly untilMs: number
}

/** So many entries are looked at with each that comes in, for those whose time is up. */
const SWEPT = 2

/** Remembers handled messages in this process, as a table does outside of functions. */
export function createMemoryHandled({ now, ttlMs }: MemoryHandledParts): HandledStore {
  const entries = new Map<string, Entry>()
  let leases = 0
  let sweeping = entries.entries()

  /** Returns what is there instead, if the message is not free. */
  const take = ({ key, digest, token }: Lease, untilMs: number): Entry | undefined => {
    const known = entries.get(key)
    if (known !== undefined && known.untilMs > now() && known.token !== token) return known
    entries.set(key, { digest, token, untilMs })
    return undefined
  }

  const sweep = () => {
    for (let looked = 0; looked < SWEPT; looked++) {
      const { value, done } = sweeping.next()
      if (done) {
        sweeping = entries.entries()
        return
      }
      if (value[1].untilMs <= now()) entries.delete(value[0])
    }
  }

  return {
    lease: (key, digest) => ({ key, digest, token: `${++leases}` }),
    async begin(lease, { leaseMs }) {
      const untilMs = now() + leaseMs
      const known = take(lease, untilMs)
      if (known === undefined) return { kind: 'new', lease }
      if (known.digest === lease.digest) return refusalBy(known)
      const own = { ...lease, key: `#${lease.key}/${lease.digest}` }
      const knownOwn = take(own, untilMs)
      return knownOwn === undefined ? { kind: 'differs', lease: own } : refusalBy(knownOwn)
    },
    async done({ key, digest }) {
      entries.set(key, { digest, token: undefined, untilMs: now() + ttlMs })
      sweep()
    },
    async release({ key, token }) {
      if (entries.get(key)?.token === token) entries.delete(key)
    },
  }
}

function refusalBy({ token }: Entry): Begun {
  return { kind: token === undefined ? 'done' : 'busy' }
}
