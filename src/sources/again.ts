/** Messages that are open, by name. */
export interface OpenNames {
  has(name: string): boolean
  /** Calls `done` as well when the open message of this name is done. */
  join(name: string, done: () => void): void
  /** Begins a message. Returns what ends it. */
  begin(name: string, done: () => void): () => void
}

/** Keeps track of open messages, since a broker delivers one again when its connection was lost. */
export function createOpenNames(): OpenNames {
  const open = new Map<string, (() => void)[]>()
  return {
    has: (name) => open.has(name),
    join: (name, done) => void open.get(name)?.push(done),
    begin(name, done) {
      const calls = [done]
      open.set(name, calls)
      return () => {
        if (open.get(name) === calls) open.delete(name)
        for (const call of calls) call()
      }
    },
  }
}
