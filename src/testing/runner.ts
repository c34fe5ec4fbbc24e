import { performance } from 'node:perf_hooks'
import { AttakError } from '../errors.ts'
import { openBox } from '../simulator/intake.ts'
import { openSession } from '../simulator/simulate.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { Record } from './record.ts'
import type { Subject } from './subject.ts'

/** Runs a topology step by step. */
export interface Runner {
  /** Runs events, and everything that is due in the next `waitMs` of virtual time. Calls run one after the other. */
  run(events: readonly InputEvent[], waitMs: number): Promise<void>
  readonly nowMs: number
  readonly waiting: number
  close(): Promise<void>
}

/** Opens a runner that records its run. */
export function openRunner({ graph, processors, lend }: Subject, record: Record, seed: string): Runner {
  const box = openBox()
  const session = openSession({
    graph,
    processors,
    seed,
    intake: box,
    // Not the global one, which timers of tests may have replaced.
    now: () => performance.now(),
    openRoots: Number.POSITIVE_INFINITY,
    recorder: record.recorder,
    console: globalThis.console,
    echo: true,
  })
  let closed = false
  let last: Promise<void> = Promise.resolve()
  return {
    async run(events, waitMs) {
      if (closed) throw new AttakError('USAGE', 'the test driver is closed', 'Close it when its test has ended.')
      const next = last.then(() => {
        box.put(events)
        const giveBack = lend?.()
        return session.runUntil(session.nowMs + waitMs).finally(giveBack)
      })
      last = next.catch(() => {})
      await next
    },
    get nowMs() {
      return session.nowMs
    },
    get waiting() {
      return session.waiting
    },
    async close() {
      closed = true
      await session.close()
    },
  }
}
