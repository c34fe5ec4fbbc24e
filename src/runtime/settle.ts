import { AttakError, type ErrorCode } from '../errors.ts'
import { whenSettled } from './acceptance.ts'
import type { EmitPromise } from './emit-promise.ts'
import { abortOf, type Failure, type Invocation } from './invocation.ts'

/** A callback's or `done`'s first argument as failure: null and undefined mean success. */
export function failureOfCallback(error: unknown): Failure | undefined {
  return error === undefined || error === null ? undefined : { error }
}

/**
 * Settles the handler; only the first call counts. The invocation is complete when its emits are. `result` is for the
 * invoker, if there is one.
 */
export function settle(invocation: Invocation, failure: Failure | undefined, result?: unknown): void {
  if (invocation.phase !== 'running') return
  invocation.phase = 'settled'
  invocation.failure = failure
  const { rare } = invocation
  if (rare?.invoked !== undefined) rare.invoked.result = result
  else if (result !== undefined) invocation.runtime.hasResult = true
  if (rare === undefined || rare.follows.length === 0) complete(invocation)
  else {
    if (invocation.outlasting) invocation.runtime.host.settled?.(invocation)
    completeAfterEmits(invocation, rare.follows, 0)
  }
}

/** Ends it as failed now, whatever its handler and emits still do: its time is up, or the run's. */
export function cutOff(invocation: Invocation, error: unknown): void {
  if (hasEnded(invocation)) return
  invocation.failure = { error }
  abortOf(invocation).abort(error)
  complete(invocation)
}

/** Whether the host is done with it: what its handler still writes or throws comes late. Emits are late once it has settled. */
export function hasEnded(invocation: Invocation): boolean {
  return invocation.phase === 'complete' || invocation.phase === 'committed'
}

/** Waits for the emits from the one at `from` on. After the handler has settled none are added. */
function completeAfterEmits(invocation: Invocation, follows: readonly EmitPromise[], from: number): void {
  const acceptance = follows[from]?.acceptance
  if (acceptance !== undefined) {
    let next = from + 1
    while (follows[next]?.acceptance === acceptance) next++
    whenSettled(acceptance, () => completeAfterEmits(invocation, follows, next))
  } else if (invocation.phase === 'settled') {
    const untaken = follows.find((follow) => follow.acceptance.refused !== undefined && !follow.taken)
    invocation.failure ??= untaken?.acceptance.refused
    complete(invocation)
  }
}

function complete(invocation: Invocation): void {
  invocation.phase = 'complete'
  invocation.rare?.span?.end(invocation.failure)
  if (invocation.outlasting) invocation.runtime.host.completed(invocation)
}

/** What a handler did too late: `{ code: 'EMIT_AFTER_END', did: 'emitted "total"', remedy: '…' }`. */
export interface LateDeed {
  readonly code: ErrorCode
  readonly did: string
  readonly remedy: string
}

/** Reports to the host that a handler did something after it had settled. Returns the error. */
export function refuseLate(invocation: Invocation, { code, did, remedy }: LateDeed): AttakError {
  const what = `"${invocation.processor}" ${did} after it had settled (message ${invocation.id})`
  const error = new AttakError(code, what, remedy)
  invocation.runtime.host.late(invocation, error)
  return error
}
