import { turn } from './host.ts'

/** A clock that stands still while anything can happen without it, and then moves to what is due next. */
export interface FakeClock {
  now(): number
  after(ms: number, call: () => void): () => void
  /** Resolves after some milliseconds. */
  sleep(ms: number): Promise<void>
  /** Moves on until `promise` is settled; returns what it resolves to. Throws when nothing is due before that. */
  until<T>(promise: Promise<T>): Promise<T>
  /** Moves on by `ms`, stopping wherever something is due, until what that started has settled. */
  pass(ms: number): Promise<void>
}

/** Makes a clock that shows `nowMs`. */
export function createFakeClock(nowMs = 1_000_000): FakeClock {
  const due: { atMs: number; order: number; call: () => void }[] = []
  let time = nowMs
  let order = 0
  const after = (ms: number, call: () => void) => {
    const entry = { atMs: time + Math.max(0, ms), order: order++, call }
    due.push(entry)
    return () => {
      const index = due.indexOf(entry)
      if (index >= 0) due.splice(index, 1)
    }
  }
  const moveTo = (entry: { atMs: number; call: () => void }) => {
    time = entry.atMs
    entry.call()
  }
  return {
    now: () => time,
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    async until(promise) {
      let open = true
      const close = () => {
        open = false
      }
      promise.then(close, close)
      for (await turn(); open; await turn()) {
        due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
        const next = due.shift()
        if (next === undefined) throw new Error('nothing is due, and the promise is not settled')
        moveTo(next)
      }
      return promise
    },
    async pass(ms) {
      const endMs = time + ms
      for (await turn(); ; await turn()) {
        due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
        if (due[0] === undefined || due[0].atMs > endMs) break
        moveTo(due.shift()!)
      }
      time = endMs
    },
  }
}
