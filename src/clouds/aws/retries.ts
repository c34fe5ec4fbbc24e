import type { RetryErrorInfo, RetryErrorType, RetryStrategyV2, RetryToken } from '@smithy/types'
import { failedWith } from '../../aws/sdk.ts'
import type { Limiter } from '../../deploy/limiter.ts'
import { sleep, waitingFor } from './waits.ts'

/** How long a kind of failure is retried: the waits double from `firstMs` to `maxMs`. */
interface Patience {
  readonly firstMs: number
  readonly maxMs: number
  readonly times: number
  readonly what: string
}

/** About five minutes for throttling, which many calls of an account share; half a minute for faults. */
const PATIENCE: Readonly<Record<Exclude<RetryErrorType, 'CLIENT_ERROR'>, Patience>> = {
  THROTTLING: { firstMs: 500, maxMs: 10_000, times: 35, what: 'AWS to take more calls' },
  TRANSIENT: { firstMs: 100, maxMs: 5_000, times: 10, what: 'the connection to AWS' },
  SERVER_ERROR: { firstMs: 200, maxMs: 5_000, times: 10, what: 'AWS to recover' },
}

/** About five minutes, too: a function in a VPC takes longest to settle. */
const UNDER_WAY: Patience = { firstMs: 250, maxMs: 2_000, times: 150, what: 'AWS to end what is under way' }

/**
 * Errors that refuse a change while another one is in progress, in Lambda, CloudWatch Logs and IAM. Sources: their API
 * references, common to most writing calls, read 2026-11-21. Lambda's error also means that a name is taken.
 */
const CONFLICTS = [
  'OperationAbortedException',
  'ConcurrentModificationException',
  'EntityTemporarilyUnmodifiableException',
]
const LAMBDA_CONFLICT = /cannot be performed at this time/

/** Names and connections that will not come to be by waiting. */
const HOPELESS: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'])
const MOST_HOPELESS = 2

/** The times of calls, in milliseconds. */
export interface RetryTimes {
  readonly now: () => number
  readonly answerMs: number
}

/**
 * Makes the retry strategy of every client. Calls wait for their turn. Throttling, faults and conflicting changes are
 * retried with jitter, and the waits are reported. Errors of the caller fail at once. After broken connections, and answers
 * that do not come, a call is not tried again when it is about `answerMs` old.
 */
export function createRetryStrategy(limiter: Limiter | undefined, { now, answerMs }: RetryTimes): RetryStrategyV2 {
  const turn = async () => {
    const waitMs = limiter?.reserve(now()) ?? 0
    if (waitMs > 0) await sleep(waitMs)
  }
  return {
    async acquireInitialRetryToken() {
      await turn()
      return tokenAfter(0, now())
    },
    async refreshRetryTokenForRetry(token, { errorType, error }: RetryErrorInfo) {
      const count = token.getRetryCount()
      const patience = isUnderWay(error) ? UNDER_WAY : errorType !== 'CLIENT_ERROR' && PATIENCE[errorType]
      if (!patience) throw error
      const { firstMs, maxMs, times, what } = patience
      if (count >= (isHopeless(error) ? MOST_HOPELESS : times)) throw error
      const { startedMs } = token as CallToken
      // A timer of Node may be a little early.
      if (errorType === 'TRANSIENT' && now() - startedMs >= 0.9 * answerMs) throw error
      const ceilingMs = Math.min(firstMs * 2 ** Math.min(count, 20), maxMs)
      await waitingFor(what, () => sleep(ceilingMs * (0.5 + Math.random() / 2)))
      await turn()
      return tokenAfter(count + 1, startedMs)
    },
    recordSuccess() {},
  }
}

interface CallToken extends RetryToken {
  readonly startedMs: number
}

function tokenAfter(retries: number, startedMs: number): CallToken {
  return { startedMs, getRetryCount: () => retries, getRetryDelay: () => 0 }
}

function isUnderWay(error: unknown): boolean {
  if (failedWith(error, 'ResourceConflictException')) return LAMBDA_CONFLICT.test((error as Error).message)
  return failedWith(error, ...CONFLICTS)
}

function isHopeless(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return HOPELESS.has(code)
}
