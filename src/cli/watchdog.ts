import { createRequire } from 'node:module'
import type { Graph } from '../graph/graph.ts'
import { cleanStackText } from '../project/stack.ts'
import type { Invocation } from '../runtime/invocation.ts'
import type { Thrown } from '../runtime/thrown.ts'
import { drawDuration } from '../view/duration.ts'

/** What a watchdog does when the thread is blocked. */
export interface WatchdogOptions {
  /**
   * Called on the main thread, within the blocking code, when it has not yielded for `stalledMs`; `stack` shows where.
   * Returns the milliseconds of standstill before the next call; or ends the process. `signal` is SIGINT or SIGTERM if the
   * process has received it: the main thread cannot see that before it yields.
   */
  readonly onStall: (stalledMs: number, stack: string, signal: SignalName | undefined) => number
  /** The duration of a standstill before the first call of `onStall`. */
  readonly firstMs: number
  /** Aborted with the name of the first signal that the main thread receives. */
  readonly interrupted: AbortSignal
  /** Lets the second thread itself report code that the inspector cannot interrupt; absent means that nothing is reported. */
  readonly stuck?: StuckCode
}

/** Names code that waits outside of JavaScript, as in `execSync`. */
export interface StuckCode {
  /** The place in `names` of what runs; shared by the threads. */
  readonly running: Int32Array
  readonly names: readonly string[]
  /** How long each of `names` may block. */
  readonly limitsMs: readonly number[]
}

/** The signals that interrupt a run. */
export type SignalName = 'SIGINT' | 'SIGTERM'

/** Guards a run until it is closed. */
export interface Watchdog {
  close(): void
}

/** How often the main thread signals that it runs, and the watchdog checks. */
const BEAT_MS = 200

const HOOK = 'attak.stalled'

/**
 * Watches from a second thread whether the first one still yields. Costs the first thread one increment every
 * {@link BEAT_MS}; when that stops, Node's inspector interrupts it there, even within a regular expression, and runs
 * `onStall`. The time is counted in looks rather than read off a clock, so that a computer's sleep is no standstill.
 */
export function openWatchdog({ onStall, firstMs, interrupted, stuck }: WatchdogOptions): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(8))
  const onInterrupt = () => Atomics.add(beats, 1, interrupted.reason === 'SIGTERM' ? 2 : 1)
  interrupted.addEventListener('abort', onInterrupt, { once: true })
  const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS)
  beat.unref()
  const hook = Symbol.for(HOOK)
  Object.defineProperty(globalThis, hook, { value: onStall, configurable: true })
  const { Worker }: typeof import('node:worker_threads') = createRequire(import.meta.url)('node:worker_threads')
  const workerData = { beats, firstMs, stuck, BEAT_MS, HOOK }
  const worker = new Worker(SECOND_THREAD, { eval: true, workerData, execArgv: [] })
  worker.unref()
  // If no thread can be started, there is no watchdog; only a run that stalls needs it.
  worker.on('error', () => {})
  return {
    close() {
      clearInterval(beat)
      interrupted.removeEventListener('abort', onInterrupt)
      Reflect.deleteProperty(globalThis, hook)
      void worker.terminate()
    },
  }
}

/**
 * CommonJS text, since a worker's file would have to be found from a bundle as well as from the sources. Node has no public way
 * to receive a signal in a worker. Without the binding, a signal that the main thread has let go ends the process by itself.
 */
const SECOND_THREAD = `
const { workerData: { beats, firstMs, stuck, BEAT_MS, HOOK } } = require('node:worker_threads')
let told = false
let seen = 0, looks = 0, askAt = firstMs, asking = false, session, signal
const wraps = []
let end = () => {}
// The first signal that the main thread received.
const received = () => [undefined, 'SIGINT', 'SIGTERM'][Atomics.load(beats, 1)]
try {
  const own = require('node:process')
  own.noDeprecation = true
  const { Signal } = own.binding('signal_wrap')
  const { signals } = require('node:os').constants
  // A second signal ends the process at once: nothing else may take it, so it is sent again.
  end = (name) => {
    for (const [one] of wraps.splice(0)) one.close()
    own.kill(own.pid, name)
  }
  for (const name of ['SIGINT', 'SIGTERM']) {
    const wrap = new Signal()
    wrap.unref()
    wrap.onsignal = () => {
      if (signal !== undefined) return end(name)
      signal = name
      askAt = firstMs
    }
    wraps.push([wrap, signals[name]])
  }
  signal = received()
  for (const [wrap, number] of wraps) wrap.start(number)
} catch {}
const tellStuck = () => {
  if (stuck === undefined || told) return
  const place = Atomics.load(stuck.running, 0)
  const ms = looks * BEAT_MS
  if (ms < stuck.limitsMs[place]) return
  told = true
  const text = stuck.names[place] + ' has blocked the thread for ' + Math.floor(ms / 1000) + ' s, in a call that cannot be interrupted, such as execSync. Nothing else can run until it returns; press Ctrl-C twice to end attak.\\n'
  try { require('node:fs').writeSync(2, text) } catch {}
}
setInterval(() => {
  const now = Atomics.load(beats, 0)
  // One that came before this thread could receive it was the first.
  if (signal !== undefined && received() !== undefined && received() !== signal) end(signal)
  if (now !== seen) { seen = now; looks = 0; askAt = firstMs; told = false; return }
  looks++
  if (asking) tellStuck()
  if (asking || looks * BEAT_MS < askAt) return
  asking = true
  if (session === undefined) {
    session = new (require('node:inspector').Session)()
    session.connectToMainThread()
  }
  const expression = 'globalThis[Symbol.for("' + HOOK + '")]?.(' + looks * BEAT_MS + ', new Error().stack, ' + JSON.stringify(signal) + ')'
  session.post('Runtime.evaluate', { expression, returnByValue: true }, (error, answer) => {
    asking = false
    if (signal === undefined || error) askAt = answer?.result?.value ?? Infinity
  })
}, BEAT_MS)
`

/** How to report a handler that never yields, and end the process. */
export interface StallOptions {
  readonly graph: Graph
  /** The topology's folder, which the stack is made relative to. */
  readonly dir: string
  /** See `SimulationOptions`. */
  readonly started: Int32Array
  /** Whose code has the thread; undefined when it is no handler's. */
  readonly running: () => Invocation | undefined
  /** Aborted with the name of the first signal. */
  readonly interrupted: AbortSignal
  /** Until the returned function is called, signals end the process at once, also in code that never yields. */
  readonly letSignalsEnd: () => () => void
  /** Reports the handler, writes everything that is still buffered, and ends the process. */
  readonly end: (error: Thrown, handler: Invocation | undefined) => never
  /** Does the same for a run that is interrupted by a signal. The handler's message is no error then. */
  readonly interrupt: (error: Thrown, signal: SignalName) => never
}

/** A shorter standstill may come from a busy machine, which runs other programs. */
const LEAST_STALL_MS = 2000

/**
 * Guards a run against code that loops without yielding. It is named when its processor's timeout is over, after two seconds
 * at the earliest. Until it yields again, Ctrl-C names it and ends the process at once.
 */
export function guard({ graph, dir, started, running, interrupted, ...rest }: StallOptions): Watchdog {
  const { letSignalsEnd, end, interrupt } = rest
  const timeouts = graph.processors.map(({ timeoutMs }) => timeoutMs)
  let takeSignals: (() => void) | undefined
  const onYield = () => {
    takeSignals?.()
    takeSignals = undefined
  }
  return openWatchdog({
    ...{ firstMs: LEAST_STALL_MS, interrupted, stuck: stuckIn(graph, started) },
    onStall(stalledMs, stack, signal) {
      if (takeSignals === undefined) {
        takeSignals = letSignalsEnd()
        setImmediate(onYield)
      }
      const handler = running()
      const errorNow = () => stallError(handler, stalledMs, cleanStackText(stack, dir))
      if (signal !== undefined) return interrupt(errorNow(), signal)
      const limitMs = Math.max(LEAST_STALL_MS, handler?.runtime.timeoutMs ?? Math.max(...timeouts))
      if (stalledMs < limitMs) return limitMs
      return end(errorNow(), handler)
    },
  })
}

/** Of the project's code it names what runs up to the first `await` of a handler. */
function stuckIn({ processors }: Graph, running: Int32Array): StuckCode {
  const limitsMs = processors.map(({ timeoutMs }) => Math.max(LEAST_STALL_MS, timeoutMs))
  const names = processors.map(({ name }) => `processor "${name}"`)
  return { running, names: ["the project's code", ...names], limitsMs: [Math.max(...limitsMs), ...limitsMs] }
}

/**
 * Returns the error of a run that ends with its process. In an 'exit' listener, the stack still contains the caller.
 */
export function exitError(handler: Invocation | undefined, code: number, dir: string): Thrown {
  const what = `${nameOf(handler)} ended the process, with exit code ${code}, and everything else that was running ended too.`
  const remedy = 'Throw an error where a message has failed, and return where it is done.'
  const stack = cleanStackText(new Error().stack ?? '', dir)
  return { name: 'AttakError', code: 'PROCESS_EXIT', message: what, remedy, stack }
}

function nameOf(handler: Invocation | undefined): string {
  return handler === undefined ? "the project's code" : `processor "${handler.processor}" (message ${handler.id})`
}

function stallError(handler: Invocation | undefined, stalledMs: number, stack: string): Thrown {
  const what = `${nameOf(handler)} has not yielded for ${drawDuration(stalledMs)}, and nothing else can run meanwhile: the run ends here.`
  const remedy = 'Correct the loop it is in, or give the processor a longer timeout.'
  return { name: 'AttakError', code: 'TIMEOUT', message: what, remedy, stack }
}
