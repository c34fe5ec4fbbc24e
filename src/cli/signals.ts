/** How a process takes over the signals that ask it to end. */
export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM, the signal's name being the reason. The second ends the process at once. */
  readonly signal: AbortSignal
  /** Does what the first SIGINT does. */
  interrupt(): void
  /** Until the returned function is called, signals end the process at once, also in code that never yields. */
  letEnd(): () => void
}

const NAMES = ['SIGINT', 'SIGTERM'] as const

/** Opens what takes signals over; nothing is taken over before `signal` is read. */
export function openSignals({ on, off }: Pick<NodeJS.Process, 'on' | 'off'>): Signals {
  let abort: AbortController | undefined
  let letting = 0
  const take = (name: string) => {
    release()
    abort?.abort(name)
  }
  const release = () => {
    for (const name of NAMES) off(name, take)
  }
  const subscribe = () => {
    if (abort === undefined || abort.signal.aborted || letting > 0) return
    for (const name of NAMES) on(name, take)
  }
  return {
    get signal() {
      if (abort === undefined) {
        abort = new AbortController()
        subscribe()
      }
      return abort.signal
    },
    interrupt: () => take('SIGINT'),
    letEnd() {
      letting++
      release()
      return () => {
        letting--
        subscribe()
      }
    },
  }
}
