import { createRequire } from 'node:module'

/** What a watchdog guards against and what it does then. */
export interface WatchdogOptions {
  /**
   * Called on the main thread, in the middle of what does not yield, when it has not yielded for `stalledMs`; `stack`
   * shows where. Gives the milliseconds of standstill to wait for before asking again; or ends the process.
   */
  readonly onStall: (stalledMs: number, stack: string) => number
  /** Standstill before `onStall` is asked for the first time. */
  readonly firstMs: number
}

/** Guards a run until it is closed. */
export interface Watchdog {
  close(): void
}

/** How often the main thread says that it lives, and the watchdog looks. */
const BEAT_MS = 200

const HOOK = 'attak.stalled'

/**
 * Watches from a second thread whether the first one still yields. Costs the first thread one increment every
 * {@link BEAT_MS}; when that stops, Node's inspector interrupts it there, even within a regular expression, and runs
 * `onStall`. The time is counted in looks rather than read off a clock, so that a computer's sleep is no standstill.
 */
export function openWatchdog({ onStall, firstMs }: WatchdogOptions): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS)
  beat.unref()
  const hook = Symbol.for(HOOK)
  Object.defineProperty(globalThis, hook, { value: onStall, configurable: true })
  const { Worker }: typeof import('node:worker_threads') = createRequire(import.meta.url)('node:worker_threads')
  const worker = new Worker(SECOND_THREAD, { eval: true, workerData: { beats, firstMs, BEAT_MS, HOOK }, execArgv: [] })
  worker.unref()
  // Where no thread can be started there is no watchdog, and a run that never stalls does not miss it.
  worker.on('error', () => {})
  return {
    close() {
      clearInterval(beat)
      Reflect.deleteProperty(globalThis, hook)
      void worker.terminate()
    },
  }
}

/** CommonJS text, since a worker's file would have to be found from a bundle as well as from the sources. */
const SECOND_THREAD = `
const { workerData: { beats, firstMs, BEAT_MS, HOOK } } = require('node:worker_threads')
let seen = 0, looks = 0, askAt = firstMs, asking = false, session
setInterval(() => {
  const now = Atomics.load(beats, 0)
  if (now !== seen) { seen = now; looks = 0; askAt = firstMs; return }
  looks++
  if (asking || looks * BEAT_MS < askAt) return
  asking = true
  if (session === undefined) {
    session = new (require('node:inspector').Session)()
    session.connectToMainThread()
  }
  const expression = 'globalThis[Symbol.for("' + HOOK + '")]?.(' + looks * BEAT_MS + ', new Error().stack)'
  session.post('Runtime.evaluate', { expression, returnByValue: true }, (error, answer) => {
    asking = false
    askAt = answer?.result?.value ?? Infinity
  })
}, BEAT_MS)
`
