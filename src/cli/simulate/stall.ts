import type { Graph } from '../../graph/graph.ts'
import { cleanStackText } from '../../project/stack.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import type { Thrown } from '../../runtime/thrown.ts'
import { drawDuration } from '../../view/duration.ts'
import { openWatchdog, type Watchdog } from './watchdog.ts'

/** What is told of a handler that never gives the thread back, and what then ends the process. */
export interface StallOptions {
  readonly graph: Graph
  /** The topology's folder, which the stack is made relative to. */
  readonly dir: string
  /** Whose code has the thread; undefined when it is no handler's. */
  readonly running: () => Invocation | undefined
  /** Tells of it, and whose it was, hands on all that is still to be written, and ends the process. */
  readonly end: (error: Thrown, handler: Invocation | undefined) => never
}

/** A shorter standstill may come from a busy machine, which gives other programs the processor. */
const LEAST_STALL_MS = 2000

/**
 * Guards a run against code that loops without yielding. It is named when its processor's timeout is over, after two seconds
 * at the earliest.
 */
export function guard({ graph, dir, running, end }: StallOptions): Watchdog {
  const timeouts = graph.processors.map(({ timeoutMs }) => timeoutMs)
  return openWatchdog({
    firstMs: Math.max(LEAST_STALL_MS, Math.min(...timeouts)),
    onStall(stalledMs, stack) {
      const handler = running()
      const limitMs = Math.max(LEAST_STALL_MS, handler?.runtime.timeoutMs ?? Math.max(...timeouts))
      if (stalledMs < limitMs) return limitMs
      return end(stallError(handler, stalledMs, cleanStackText(stack, dir)), handler)
    },
  })
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
