import type { RetryErrorInfo, RetryErrorType, RetryStrategyV2, RetryToken } from '@smithy/types'
import type { Limiter } from '../../deploy/limiter.ts'
import { sleep, waitingFor } from './waits.ts'

/** How long a kind of failure is tried again for: the waits double from `firstMs` to `maxMs`. */
interface Patience {
  readonly firstMs: number
  readonly maxMs: number
  readonly times: number
  readonly what: string
}

/** About five minutes for throttling, which many calls of an account share; half a minute for what is broken. */
const PATIENCE: Readonly<Record<Exclude<RetryErrorType, 'CLIENT_ERROR'>, Patience>> = {
  THROTTLING: { firstMs: 500, maxMs: 10_000, times: 35, what: 'AWS to take more calls' },
  TRANSIENT: { firstMs: 100, maxMs: 5_000, times: 10, what: 'the connection to AWS' },
  SERVER_ERROR: { firstMs: 200, maxMs: 5_000, times: 10, what: 'AWS to recover' },
}

/** Names and connections that will not come to be by waiting. */
const HOPELESS: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'])
const MOST_HOPELESS = 2

/**
 * How every client meets failures that pass: calls wait for their turn, throttling and faults are waited out with
 * jitter, visibly. What is the caller's fault fails at once.
 */
export function createRetryStrategy(limiter: Limiter | undefined, now: () => number): RetryStrategyV2 {
  const turn = async () => {
    const waitMs = limiter?.reserve(now()) ?? 0
    if (waitMs > 0) await sleep(waitMs)
  }
  return {
    async acquireInitialRetryToken() {
      await turn()
      return tokenAfter(0)
    },
    async refreshRetryTokenForRetry(token, { errorType, error }: RetryErrorInfo) {
      const count = token.getRetryCount()
      if (errorType === 'CLIENT_ERROR') throw error
      const { firstMs, maxMs, times, what } = PATIENCE[errorType]
      if (count >= (isHopeless(error) ? MOST_HOPELESS : times)) throw error
      const ceilingMs = Math.min(firstMs * 2 ** Math.min(count, 20), maxMs)
      await waitingFor(what, () => sleep(ceilingMs * (0.5 + Math.random() / 2)))
      await turn()
      return tokenAfter(count + 1)
    },
    recordSuccess() {},
  }
}

function tokenAfter(retries: number): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => 0 }
}

function isHopeless(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return HOPELESS.has(code)
}
