import type { RetryPolicy } from '../graph/graph.ts'
import { type HeldPolicy, longestWaitMs } from '../graph/holds.ts'
import { isRetry } from '../topology/handler.ts'
import { chanceOf, type Message } from './message.ts'
import { waitRefusal } from './refusal.ts'
import type { Failure } from './settle.ts'

/** How often a handler may ask for one message again by `Retry` before that counts as failing. */
export const MOST_ASKED_RETRIES = 100

/**
 * What to do with a failed message: try again after a wait, which its handler may have `asked` for, or record it as failed
 * with `error`.
 */
export type Verdict =
  | { readonly retry: true; readonly afterMs: number; readonly asked: boolean }
  | { readonly retry: false; readonly error: unknown }

/**
 * Decides what becomes of a message that failed. `asked` counts the attempts of this message that
 * ended by `Retry`: those do not use up `policy.retries`. What its own processor refused is never tried again,
 * and neither is what would have to wait for longer than it can: that fails with RETRY_TOO_LONG.
 */
export function settleFailure(message: Message, failure: Failure, policy: HeldPolicy, asked: number): Verdict {
  const { error, isRefusal } = failure
  const failures = message.attempt - asked
  const isAsked = isRetry(error) && asked < MOST_ASKED_RETRIES
  if (!isAsked && (failures > policy.retries || isRefusal)) return { retry: false, error }
  const afterMs = isAsked ? error.afterMs : waitOf(message, failures, policy)
  const mostMs = message.key === undefined ? policy.holds?.keylessMs : policy.holds?.keyedMs
  if (mostMs !== undefined && afterMs >= mostMs)
    return { retry: false, error: waitRefusal(message, afterMs, mostMs, error) }
  return { retry: true, afterMs, asked: isAsked }
}

/** Milliseconds before try number `failures + 1`; with jitter between half and all of the exponential wait. */
function waitOf(message: Message, failures: number, { backoff }: RetryPolicy): number {
  const waitMs = longestWaitMs(failures, backoff)
  return backoff.jitter ? Math.round(waitMs * (0.5 + chanceOf(message) / 2)) : waitMs
}
