import type { Leader } from '../runtime/broker.ts'
import type { OpenSources, SourceWorld } from '../runtime/source.ts'
import { createStop, type Stop, waitFor } from '../runtime/stop.ts'
import { describeThrown } from '../runtime/thrown.ts'

/** How long to wait before a source that could not be opened is tried again; twice that the next time. */
const FIRST_WAIT_MS = 1000
const MOST_WAIT_MS = 30_000

/** Sources that are open while this worker leads. */
export interface Led extends Leader {
  /** Stops them for good. */
  stop(): Promise<void>
}

/** Makes sources that one worker at a time opens. One that cannot be opened is tried again until another worker leads. */
export function openLed(open: () => Promise<OpenSources>, { say, after }: Pick<SourceWorld, 'say' | 'after'>): Led {
  let term: { readonly stop: Stop; readonly ended: Promise<void> } | undefined
  let isStopped = false
  const hold = async (stop: Stop, before: Promise<void> | undefined) => {
    await before
    let opened: OpenSources | undefined
    for (let waitMs = FIRST_WAIT_MS; !stop.isStopped; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
      try {
        opened = await open()
        break
      } catch (error) {
        say(`${describeThrown(error).message} It is tried again.`, 'error')
        await waitFor({ after }, waitMs, stop)
      }
    }
    await stop.stopped
    await opened?.stop()
  }
  const end = async () => {
    const ending = term
    ending?.stop.stop()
    await ending?.ended
  }
  return {
    begin() {
      if (isStopped || term?.stop.isStopped === false) return
      const stop = createStop()
      term = { stop, ended: hold(stop, term?.ended) }
    },
    end,
    stop() {
      isStopped = true
      return end()
    },
  }
}
