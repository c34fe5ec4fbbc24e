import { AttakError } from '../../errors.ts'
import { after } from '../../hosts/after.ts'
import type { RunningTopology } from '../../hosts/worker/embedded.ts'
import { createStop, waitFor } from '../../runtime/stop.ts'
import { drawDuration } from '../../view/duration.ts'
import type { ServiceLog } from './service-log.ts'

const FIRST_WAIT_MS = 1000
const MOST_WAIT_MS = 60_000

/** A service that is not ready yet. */
export interface Unready {
  readonly running: Pick<RunningTopology, 'setUp'>
  readonly log: Pick<ServiceLog, 'say'>
  /** Stops it. */
  readonly signal: AbortSignal
  /** From 0 up to 1. */
  readonly random: () => number
}

/**
 * Runs the setup of all processors, until each has succeeded. Those that failed are repeated after a wait that grows up to a
 * minute. Returns false if the service is to stop before that.
 */
export async function setUp({ running, log, signal, random }: Unready): Promise<boolean> {
  const stop = createStop()
  signal.addEventListener('abort', stop.stop, { once: true })
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
    const failure = await stop.until(running.setUp().then(() => undefined, problemsOf))
    if (signal.aborted) return false
    if (failure === undefined) return true
    const pauseMs = Math.round(waitMs * (0.5 + random() / 2))
    for (const { where, what } of failure) log.say(`${where}: ${what}`, 'error')
    log.say(`Not ready. Trying again in ${drawDuration(pauseMs)}.`, 'warn')
    await waitFor({ after }, pauseMs, stop)
  }
  return false
}

function problemsOf(error: unknown) {
  if (error instanceof AttakError) return error.problems
  throw error
}
