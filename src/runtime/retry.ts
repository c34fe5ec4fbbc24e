import type { RetryPolicy } from '../graph/graph.ts'
import { isRetry } from '../topology/handler.ts'
import { chanceOf, type Message } from './message.ts'

/** How often a handler may ask for one message again by `Retry` before that counts as failing. */
export const MOST_ASKED_RETRIES = 100

/** What to do with a failed message: try again after a wait, which its handler may have `asked` for, or record it. */
export type Verdict =
  | { readonly retry: true; readonly afterMs: number; readonly asked: boolean }
  | { readonly retry: false }

/**
 * Decides what becomes of a message whose handler failed with `error`. `asked` counts the attempts of this message that
 * ended by `Retry`: those do not use up `policy.retries`. What a schema refused is never tried again.
 */
export function settleFailure(message: Message, error: unknown, policy: RetryPolicy, asked: number): Verdict {
  if (isRetry(error) && asked < MOST_ASKED_RETRIES) return { retry: true, afterMs: error.afterMs, asked: true }
  const failures = message.attempt - asked
  if (failures > policy.retries || isRefused(error)) return { retry: false }
  return { retry: true, afterMs: waitOf(message, failures, policy), asked: false }
}

/** Milliseconds before try number `failures + 1`; with jitter between half and all of the exponential wait. */
function waitOf(message: Message, failures: number, { backoff }: RetryPolicy): number {
  const waitMs = Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** (failures - 1))
  return backoff.jitter ? Math.round(waitMs * (0.5 + chanceOf(message) / 2)) : waitMs
}

function isRefused(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EVENT_REFUSED'
}
