import { clearInterval, setInterval } from 'node:timers'
import type { Invocation } from '../../runtime/invocation.ts'
import { own, visible } from '../../view/controls.ts'
import { drawCount, drawDuration, drawNumber } from '../../view/duration.ts'
import type { Terminal } from '../terminal.ts'

/** The progress of a run. */
export interface Standing {
  readonly events: number
  readonly bytes: number
}

/** Shows how far a long run is; nothing before its first second has passed. */
export interface ProgressLine {
  /** Cheap enough to be called for every chunk of input. */
  show(standing: Standing): void
  /** Draws another line in its place, on a terminal alone. */
  say(line: string): void
  /** Takes a line that is drawn over and over away again. */
  clear(): void
}

/** Back to the first column, and what stands there goes. */
const AGAIN = '\r\x1b[K'
const FIRST_MS = 1000
const TERMINAL_MS = 100
const LINES_MS = 10_000

/** On a terminal one line, drawn over; elsewhere a line every ten seconds. */
export function progressTo(err: Terminal, now: () => number, totalBytes: number | undefined): ProgressLine {
  const started = now()
  let next = started + FIRST_MS
  let drawn = false
  const draw = (line: string) => {
    err.write(err.isTTY ? `${own(AGAIN)}${visible(line).slice(0, err.columns - 1)}` : `${line}\n`)
    drawn = true
  }
  return {
    show(standing) {
      const at = now()
      if (at < next || (!err.isTTY && at < started + LINES_MS)) return
      next = at + (err.isTTY ? TERMINAL_MS : LINES_MS)
      draw(drawProgress(standing, at - started, totalBytes))
    },
    say(line) {
      if (err.isTTY) draw(line)
    },
    clear() {
      if (drawn && err.isTTY) err.write(own(AGAIN))
      drawn = false
    },
  }
}

/** `12.3 MB of 100 MB (12 %), 45,000 events, 22,500 events/s, 14 s to go`. */
export function drawProgress({ events, bytes }: Standing, tookMs: number, totalBytes: number | undefined): string {
  const rate = `${drawNumber(Math.round(events / (tookMs / 1000)))} events/s`
  const parts = [drawCount(events, 'event'), rate]
  if (totalBytes === undefined) return [...(bytes > 0 ? [drawBytes(bytes)] : []), ...parts].join(', ')
  const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes)
  const left = share > 0 ? [`${drawDuration(Math.round(tookMs / share - tookMs))} to go`] : []
  return [`${drawBytes(bytes)} of ${drawBytes(totalBytes)} (${Math.floor(share * 100)} %)`, ...parts, ...left].join(
    ', ',
  )
}

function drawBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** Where to find out what a run waits for. */
export interface WaitingOptions {
  /** The oldest handler that has not settled. */
  readonly oldest: () => Invocation | undefined
  /** The clock by which handlers were started, in milliseconds. */
  readonly now: () => number
  readonly say: (line: string) => void
}

const LOOK_MS = 1000

/**
 * Shows each second which handler a run waits for, until it is closed. Handlers of less than a second are not shown.
 */
export function tellWaiting({ oldest, now, say }: WaitingOptions): { close(): void } {
  const look = () => {
    const line = drawWaiting(oldest(), now())
    if (line !== undefined) say(line)
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return { close: () => clearInterval(timer) }
}

/**
 * `waiting for bill (message 3fa1b2c4…): 4 s, of 30 s at most`; undefined if nothing runs, and during the first second.
 */
export function drawWaiting(oldest: Invocation | undefined, nowMs: number): string | undefined {
  if (oldest === undefined) return undefined
  const { processor, id, startedMs, runtime } = oldest
  const seconds = Math.floor((nowMs - startedMs) / 1000)
  if (seconds < 1) return undefined
  const most = drawDuration(runtime.timeoutMs)
  return `waiting for ${processor} (message ${id.slice(0, 8)}…): ${drawDuration(seconds * 1000)}, of ${most} at most`
}
