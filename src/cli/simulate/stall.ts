import type { Graph } from '../../graph/graph.ts'
import type { Project } from '../../project/project.ts'
import { cleanStackText } from '../../project/stack.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import type { Thrown } from '../../runtime/thrown.ts'
import { drawDuration } from '../../view/duration.ts'
import { placeOfFunction } from './function-place.ts'
import { endsInTime, openWatchdog, type Watchdog } from './watchdog.ts'

/** What is told of a handler that never gives the thread back, and what then ends the process. */
export interface StallOptions {
  readonly graph: Graph
  /** The topology's folder, which the stack is made relative to. */
  readonly dir: string
  readonly processors: Project['processors']
  /** Whose code has the thread; undefined when it is no handler's. */
  readonly running: () => Invocation | undefined
  /** Runs all microtasks there are; undefined where that cannot be done. */
  readonly runMicrotasks: (() => void) | undefined
  /** Tells of it, and whose it was, hands on all that is still to be written, and ends the process. */
  readonly end: (error: Thrown, handler: Invocation | undefined) => never
}

/** Guards a run until it is closed. */
export interface Guard {
  /** Starts the run, which says when no handler is at work any more. */
  start<T>(run: (idle: () => void) => Promise<T>): Promise<T>
  close(): void
}

/** A shorter standstill may come from a busy machine, which gives other programs the processor. */
const LEAST_STALL_MS = 2000

/**
 * Guards a run against code that loops without yielding. It is named when its processor's timeout is over, after two seconds
 * at the earliest. A watchdog is
 * opened for what is not over in its first turn of the event loop; that turn itself, promises included, is limited
 * in time, where the process can do that.
 */
export function guard({ graph, dir, processors, running, end, runMicrotasks }: StallOptions): Guard {
  const timeouts = graph.processors.map(({ timeoutMs }) => timeoutMs)
  const longestMs = Math.max(LEAST_STALL_MS, ...timeouts)
  let watchdog: Watchdog | undefined
  const open = () => {
    watchdog = openWatchdog({
      firstMs: Math.max(LEAST_STALL_MS, Math.min(...timeouts)),
      onStall(stalledMs, stack) {
        const handler = running()
        const limitMs = Math.max(LEAST_STALL_MS, handler?.runtime.timeoutMs ?? longestMs)
        if (stalledMs < limitMs) return limitMs
        return end(stallError(handler, stalledMs, cleanStackText(stack, dir)), handler)
      },
    })
  }
  const firstTurn = <T>(
    run: (idle: () => void) => Promise<T>,
    runMicrotasks: () => void,
    resolve: (result: Promise<T>) => void,
  ) => {
    let settled = false
    const settle = () => {
      settled = true
    }
    const settleAfter = async (result: Promise<T>) => {
      try {
        await result
      } catch {
        // It reaches the caller through `resolve`.
      }
      settle()
    }
    const work = () => {
      const result = run(settle)
      void settleAfter(result)
      resolve(result)
      runMicrotasks()
    }
    try {
      if (endsInTime(work, longestMs)) return
      const handler = running()
      const place = handler && placeOfFunction(processors.get(handler.processor)?.handler)
      end(stallError(handler, longestMs, cleanStackText(place ?? '', dir)), handler)
    } finally {
      // Also when a tick threw, which is for the process to take like everything that nobody catches.
      if (!settled) open()
    }
  }
  return {
    start(run) {
      if (runMicrotasks === undefined) {
        open()
        return run(() => {})
      }
      // Microtasks can only be run by what is none itself.
      return new Promise((resolve) => setImmediate(() => firstTurn(run, runMicrotasks, resolve)))
    },
    close: () => watchdog?.close(),
  }
}

/** Guards nothing: for who looks at handlers in a debugger. */
export function unguarded(): Guard {
  return { start: (run) => run(() => {}), close() {} }
}

/** What is told of a run that ends with its process: an 'exit' listener still sees whose code called it. */
export function exitError(handler: Invocation | undefined, code: number, dir: string): Thrown {
  const what = `${nameOf(handler)} ended the process, with exit code ${code}, and so all else that was under way.`
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
