import { AttakError, type ErrorCode } from '../errors.ts'
import type { Invocation } from './invocation.ts'

/** What a handler did too late: `{ code: 'EMIT_AFTER_END', did: 'emitted "total"', remedy: '…' }`. */
export interface LateDeed {
  readonly code: ErrorCode
  readonly did: string
  readonly remedy: string
}

/** Tells the place where an invocation runs that its handler did something after it had settled; gives the error of that. */
export function refuseLate(invocation: Invocation, { code, did, remedy }: LateDeed): AttakError {
  const what = `"${invocation.processor}" ${did} after it had settled (message ${invocation.id})`
  const error = new AttakError(code, what, remedy)
  invocation.runtime.host.late(invocation, error)
  return error
}
