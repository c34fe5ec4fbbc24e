import type { Graph } from '../../graph/graph.ts'
import { cleanStackText } from '../../project/stack.ts'
import type { RunningHandler } from '../../simulator/simulate.ts'
import type { TranscriptError } from '../../simulator/transcript.ts'
import { drawDuration } from '../duration.ts'
import { openWatchdog, type Watchdog } from './watchdog.ts'

/** What is told of a handler that never gives the thread back, and what then ends the process. */
export interface StallOptions {
  readonly graph: Graph
  /** The topology's folder, which the stack is made relative to. */
  readonly dir: string
  /** Whose code has the thread; undefined when it is no handler's. */
  readonly running: () => RunningHandler | undefined
  /** Tells of it, hands on all that is still to be written, and ends the process. */
  readonly end: (error: TranscriptError) => never
}

/** Guards a run against code that loops without yielding: it is named when its processor's timeout is over. */
export function guard({ graph, dir, running, end }: StallOptions): Watchdog {
  const timeouts = graph.processors.map(({ timeoutMs }) => timeoutMs)
  const longestMs = Math.max(0, ...timeouts)
  return openWatchdog({
    firstMs: Math.min(longestMs, ...timeouts),
    onStall(stalledMs, stack) {
      const handler = running()
      const timeoutMs = handler?.timeoutMs ?? longestMs
      return stalledMs < timeoutMs ? timeoutMs : end(stallError(handler, stalledMs, cleanStackText(stack, dir)))
    },
  })
}

/** What is told of a run that ends with its process: an 'exit' listener still sees whose code called it. */
export function exitError(handler: RunningHandler | undefined, code: number, dir: string): TranscriptError {
  const what = `${nameOf(handler)} ended the process, with exit code ${code}, and so all else that was under way.`
  const remedy = 'Throw an error where a message has failed, and return where it is done.'
  const stack = cleanStackText(new Error().stack ?? '', dir)
  return { name: 'AttakError', code: 'PROCESS_EXIT', message: `${what} ${remedy}`, stack }
}

function nameOf(handler: RunningHandler | undefined): string {
  return handler === undefined ? "the project's code" : `processor "${handler.processor}" (message ${handler.message})`
}

function stallError(handler: RunningHandler | undefined, stalledMs: number, stack: string): TranscriptError {
  const what = `${nameOf(handler)} has not yielded for ${drawDuration(stalledMs)}, and nothing else can run meanwhile: the run ends here.`
  const remedy = 'Correct the loop it is in, or give the processor a longer timeout.'
  return { name: 'AttakError', code: 'TIMEOUT', message: `${what} ${remedy}`, stack }
}
