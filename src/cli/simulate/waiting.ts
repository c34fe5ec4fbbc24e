import { clearInterval, setInterval } from 'node:timers'
import type { Invocation } from '../../runtime/invocation.ts'
import { drawDuration } from '../../view/duration.ts'

/** What is looked at to know what a run waits for. */
export interface WaitingOptions {
  /** The oldest handler that has not settled. */
  readonly oldest: () => Invocation | undefined
  /** The clock by which handlers were started, in milliseconds. */
  readonly now: () => number
  readonly say: (line: string) => void
}

const LOOK_MS = 1000

/** Says each second which handler a run waits for, once that one has taken so long, until it is closed. */
export function tellWaiting({ oldest, now, say }: WaitingOptions): { close(): void } {
  const look = () => {
    const line = drawWaiting(oldest(), now())
    if (line !== undefined) say(line)
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return { close: () => clearInterval(timer) }
}

/** `waiting for bill (message 3fa1b2c4…): 4 s, of 30 s at most`; undefined where there is nothing to tell yet. */
export function drawWaiting(oldest: Invocation | undefined, nowMs: number): string | undefined {
  if (oldest === undefined) return undefined
  const { processor, id, startedMs, runtime } = oldest
  const seconds = Math.floor((nowMs - startedMs) / 1000)
  if (seconds < 1) return undefined
  const most = drawDuration(runtime.timeoutMs)
  return `waiting for ${processor} (message ${id.slice(0, 8)}…): ${drawDuration(seconds * 1000)}, of ${most} at most`
}
