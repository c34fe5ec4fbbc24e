import { performance } from 'node:perf_hooks'
import { AttakError, errorOf } from '../errors.ts'
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
export function openRunner(subject: Subject, record: Record, seed: string): Runner {
  const { graph, processors, lend } = subject
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
        refuseConflict(subject)
        box.put(events)
        const giveBack = lend?.()
        running.add(subject)
        return session.runUntil(session.nowMs + waitMs).finally(() => {
          running.delete(subject)
          giveBack?.()
        })
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
      const notClosed = await session.tearDown()
      await session.close()
      if (notClosed.length > 0) throw errorOf(notClosed)
    },
  }
}

/** What runs just now, of all drivers of this process. */
const running = new Set<Subject>()

/** `process.env` is one for all drivers of a process, so two cannot run at once with different values. */
function refuseConflict({ variables: own = {} }: Subject): void {
  for (const { graph, variables = {} } of running) {
    const name = Object.keys(own).find((each) => Object.hasOwn(variables, each) && variables[each] !== own[each])
    if (name === undefined) continue
    throw new AttakError(
      'USAGE',
      `another test driver (of "${graph.name}") is running, and it sets ${name} to another value`,
      'Await one driver before you use the other.',
    )
  }
}
