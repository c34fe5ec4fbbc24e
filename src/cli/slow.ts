import { clearInterval, setInterval } from 'node:timers'
import { own } from '../view/controls.ts'
import { drawDuration } from '../view/duration.ts'
import type { Host } from './host.ts'

/** Shows that something is under way, until the returned function is called. */
export type Begin = (what: string) => () => void

const LOOK_MS = 1000
const SLOW_MS = 2000
/** Back to the first column, and what stands there goes. */
const AGAIN = '\r\x1b[K'

/** The command lines that show their progress in another way. */
const hushed = new WeakSet<Host['err']>()

/** Shows no more {@link slowLine} for a command line, which draws its own progress from now on. */
export function hushSlowLine({ err }: Pick<Host, 'err'>): void {
  hushed.add(err)
}

/**
 * Shows on a terminal what takes long: `loading topology.js: 3 s`. The line appears after two seconds and goes at the end. Of
 * several things it names the oldest.
 */
export function slowLine({ err, now }: Pick<Host, 'err' | 'now'>): Begin {
  const open = new Set<{ readonly what: string; readonly startedMs: number }>()
  let timer: NodeJS.Timeout | undefined
  let drawn = false
  const erase = () => {
    if (drawn) err.write(own(AGAIN))
    drawn = false
  }
  const draw = () => {
    const [oldest] = open
    if (oldest === undefined || hushed.has(err)) return
    const tookMs = now() - oldest.startedMs
    if (tookMs < SLOW_MS) return
    err.write(`${own(AGAIN)}${oldest.what}: ${drawDuration(Math.floor(tookMs / 1000) * 1000)}`)
    drawn = true
  }
  return (what) => {
    if (!err.isTTY) return () => {}
    const one = { what, startedMs: now() }
    open.add(one)
    timer ??= setInterval(draw, LOOK_MS).unref()
    return () => {
      open.delete(one)
      erase()
      if (open.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }
}
