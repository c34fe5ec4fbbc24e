import type { RetryPolicy } from '../graph/graph.ts'
import { type HeldPolicy, longestWaitMs } from '../graph/holds.ts'
import { retryAfterOf } from '../topology/handler.ts'
import type { Failure } from './invocation.ts'
import { chanceOf, type Message } from './message.ts'
import { type WaitLimit, waitRefusal } from './refusal.ts'

/** How often a handler may ask for a retry of one message by `Retry` before that counts as failing. */
export const MOST_ASKED_RETRIES = 100

/** An upper limit for the wait before a retry, wherever the message waits. */
export const MOST_WAIT_MS = 366 * 86_400_000

/**
 * What to do with a failed message: retry it after a wait, which its handler may have `asked` for, or record it as
 * failed with `error`.
 */
export type RetryDecision =
  | { readonly retry: true; readonly afterMs: number; readonly asked: boolean }
  | { readonly retry: false; readonly error: unknown }

/**
 * Decides what becomes of a failed message. `asked` counts the attempts of this message that ended by `Retry`: those do
 * not use up `policy.retries`. A message that its own processor refused is never retried. A message that would have to
 * wait longer than it can fails with RETRY_TOO_LONG.
 */
export function settleFailure(message: Message, failure: Failure, policy: HeldPolicy, asked: number): RetryDecision {
  const { error, isRefusal } = failure
  const failures = message.attempt - asked
  // A handler may have changed the Retry that it threw.
  const askedMs = asked < MOST_ASKED_RETRIES ? retryAfterOf(error) : undefined
  const isAsked = askedMs !== undefined
  if (!isAsked && (failures > policy.retries || isRefusal)) return { retry: false, error }
  const afterMs = Math.round(askedMs ?? waitOf(message, failures, policy))
  const limit = limitOf(message, policy)
  if (afterMs >= limit.mostMs) return { retry: false, error: waitRefusal(message, afterMs, limit, error) }
  return { retry: true, afterMs, asked: isAsked }
}

/** Milliseconds before try number `failures + 1`; with jitter between half and all of the exponential wait. */
function waitOf(message: Message, failures: number, { backoff }: RetryPolicy): number {
  const waitMs = longestWaitMs(failures, backoff)
  return backoff.jitter ? waitMs * (0.5 + chanceOf(message) / 2) : waitMs
}

/** Returns how long the message can wait in its place. */
function limitOf({ key }: Message, { holds: { inputMs, keyedMs, keylessMs } = {} }: HeldPolicy): WaitLimit {
  if (inputMs !== undefined) return { kind: 'input', mostMs: inputMs }
  const mostMs = key === undefined ? keylessMs : keyedMs
  if (mostMs === undefined) return { kind: 'any', mostMs: MOST_WAIT_MS }
  return { kind: key === undefined ? 'keyless' : 'keyed', mostMs }
}
