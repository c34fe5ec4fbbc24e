import type { Graph } from '../../graph/graph.ts'
import { cleanStackText } from '../../project/stack.ts'
import type { RunProbe } from '../../simulator/simulate.ts'
import type { TranscriptError } from '../../simulator/transcript.ts'
import { drawDuration } from '../duration.ts'
import { openWatchdog, type Watchdog } from './watchdog.ts'

/** What is told of a handler that never gives the thread back, and what then ends the process. */
export interface StallOptions {
  readonly graph: Graph
  /** The topology's folder, which the stack is made relative to. */
  readonly dir: string
  /** Undefined until the run has begun. */
  readonly probe: () => RunProbe | undefined
  /** Tells of it, hands on all that is still to be written, and ends the process. */
  readonly end: (error: TranscriptError) => number
}

/** Guards a run against code that loops without yielding: it is named when its processor's timeout is over. */
export function guard({ graph, dir, probe, end }: StallOptions): Watchdog {
  const timeouts = graph.processors.map(({ timeoutMs }) => timeoutMs)
  const longestMs = Math.max(0, ...timeouts)
  return openWatchdog({
    firstMs: Math.min(longestMs, ...timeouts),
    onStall(stalledMs, stack) {
      const running = probe()?.running()
      const timeoutMs = running?.timeoutMs ?? longestMs
      return stalledMs < timeoutMs ? timeoutMs : end(stallError(running, stalledMs, cleanStackText(stack, dir)))
    },
  })
}

function stallError(running: ReturnType<RunProbe['running']>, stalledMs: number, stack: string): TranscriptError {
  const time = drawDuration(stalledMs)
  const who =
    running === undefined ? 'the project’s code' : `processor "${running.processor}", message ${running.message},`
  return {
    name: 'AttakError',
    code: 'TIMEOUT',
    message: `${who} has not yielded for ${time}: it loops, or computes for too long, and nothing else can run. The run ends here. Correct the loop, or give the processor a longer timeout.`,
    stack: stack.slice(Math.max(0, stack.indexOf('\n    at '))),
  }
}
