import { AsyncLocalStorage } from 'node:async_hooks'
import type { Report } from '../../deploy/resources.ts'
import { AttakError } from '../../errors.ts'

interface Reporting {
  readonly report: Report
  /** The wait that is reported now. */
  shown: string | undefined
}

const current = new AsyncLocalStorage<Reporting>()

/** Runs `work` and passes every wait within it, at any depth, to `report`. */
export function reportingTo<T>(report: Report, work: () => Promise<T>): Promise<T> {
  return current.run({ report, shown: undefined }, work)
}

/** Runs `work`, a wait, and reports it meanwhile; afterwards reports the previous wait again. */
export async function waitingFor<T>(what: string, work: () => Promise<T>): Promise<T> {
  const reporting = current.getStore()
  if (reporting === undefined) return work()
  const before = reporting.shown
  show(reporting, what)
  try {
    return await work()
  } finally {
    show(reporting, before)
  }
}

function show(reporting: Reporting, what: string | undefined) {
  if (reporting.shown === what) return
  reporting.shown = what
  reporting.report(what)
}

/** The waits of {@link poll} between its tries. */
export interface Pace {
  readonly firstMs: number
  readonly maxMs: number
  /** The total wait; then it gives up. */
  readonly withinMs: number
}

/**
 * Asks until there is an answer, with growing waits, and reports the wait from the first one on. Throws AWS_REFUSED, or
 * what `tooLate` returns, if the time is over.
 */
export async function poll<T>(
  what: string,
  pace: Pace,
  ask: () => Promise<T | undefined>,
  tooLate?: () => unknown,
): Promise<T> {
  const first = await ask()
  if (first !== undefined) return first
  return waitingFor(what, async () => {
    let waitMs = pace.firstMs
    for (let waitedMs = 0; waitedMs < pace.withinMs; waitedMs += waitMs, waitMs = Math.min(waitMs * 1.6, pace.maxMs)) {
      await sleep(waitMs)
      const answer = await ask()
      if (answer !== undefined) return answer
    }
    throw tooLate?.() ?? new AttakError('AWS_REFUSED', `gave up waiting for ${what}`, LATER)
  })
}

const LATER = 'Look at it in the console of AWS, or run the same again in a few minutes.'

/** Sends again, with the waits of {@link poll}, while the error is temporary; otherwise throws the last error. */
export async function retry<T>(
  what: string,
  pace: Pace,
  passes: (error: unknown) => boolean | Promise<boolean>,
  send: () => Promise<T>,
): Promise<T> {
  let last: unknown
  const trySending = async () => {
    try {
      return { value: await send() }
    } catch (error) {
      if (!(await passes(error))) throw error
      last = error
      return undefined
    }
  }
  return (await poll(what, pace, trySending, () => last)).value
}

/** Resolves after some time. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
