import { setTimeout as wait } from 'node:timers/promises'

/** Waits for some milliseconds; the signal ends it early. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal }).catch(() => {})
}
