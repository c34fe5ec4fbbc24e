/** Paces calls: limits the number of starts in any window of time. The caller passes the time. */
export interface Limiter {
  /** Takes the next place in the row, and returns the milliseconds to wait for it: 0 while there is room. */
  reserve(nowMs: number): number
}

/**
 * Makes a limiter for `calls` starts in any `perMs` milliseconds. A first burst goes at once; from then on each call waits
 * until the one `calls` places before it is `perMs` old, so that n calls take at most n / calls × perMs.
 */
export function createLimiter(calls: number, perMs = 1000): Limiter {
  const starts = new Array<number>(calls).fill(Number.NEGATIVE_INFINITY)
  let next = 0
  return {
    reserve(nowMs) {
      const startMs = Math.max(nowMs, starts[next]! + perMs)
      starts[next] = startMs
      next = (next + 1) % calls
      return startMs - nowMs
    },
  }
}
