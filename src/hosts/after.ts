import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

/** Calls back after a wait in milliseconds: without one, when other code has had its turn. Returns what cancels the wait. */
export function after(ms: number, call: () => void): () => void {
  if (ms <= 0) {
    setImmediate(call)
    return () => {}
  }
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}
