import type { Invocation } from './invocation.ts'
import { settle } from './settle.ts'
import { describeThrown, errorOfThrown } from './thrown.ts'

/**
 * Assigns an uncaught error to the handler that caused it: the handler fails, or did something too late. Returns false
 * if no handler caused it.
 */
export function blame(invocation: Invocation | undefined, error: unknown): boolean {
  if (invocation === undefined) return false
  if (invocation.phase === 'running') settle(invocation, { error })
  else invocation.runtime.host.late(invocation, errorOfThrown(describeThrown(error)))
  return true
}
