import type { RetryErrorType, RetryToken, SdkError } from '@smithy/types'
import { describe, expect, test, vi } from 'vitest'
import { createRetryStrategy } from '../../../src/clouds/aws/retries.ts'
import { reportingTo } from '../../../src/clouds/aws/waits.ts'

/** What is waited for after a call failed so, or what is thrown. */
async function waitAfter(error: Error, errorType: RetryErrorType, afterMs = 0): Promise<readonly unknown[]> {
  let nowMs = 1000
  const reports: unknown[] = []
  vi.useFakeTimers()
  try {
    const strategy = createRetryStrategy(undefined, { now: () => nowMs, answerMs: 60_000 })
    const first: RetryToken = await strategy.acquireInitialRetryToken('')
    nowMs += afterMs
    const again = reportingTo(
      (waitingFor) => void reports.push(waitingFor),
      () => strategy.refreshRetryTokenForRetry(first, { error: error as SdkError, errorType }),
    )
    again.catch(() => {})
    await vi.runAllTimersAsync()
    await again
    return reports
  } finally {
    vi.useRealTimers()
  }
}

function errorNamed(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name })
}

describe('a call is made again', () => {
  test('after throttling, faults and broken connections', async () => {
    expect(await waitAfter(errorNamed('A'), 'THROTTLING')).toEqual(['AWS to take more calls', undefined])
    expect(await waitAfter(errorNamed('A'), 'SERVER_ERROR')).toEqual(['AWS to recover', undefined])
    expect(await waitAfter(errorNamed('A'), 'TRANSIENT')).toEqual(['the connection to AWS', undefined])
  })

  test.each([
    ['ResourceConflictException', 'The operation cannot be performed at this time. An update is in progress.'],
    ['OperationAbortedException', ''],
    ['ConcurrentModificationException', ''],
    ['EntityTemporarilyUnmodifiableException', ''],
  ])('when another change is under way: %s', async (name, message) => {
    const waits = await waitAfter(errorNamed(name, message), 'CLIENT_ERROR')
    expect(waits).toEqual(['AWS to end what is under way', undefined])
  })
})

test('a call without an answer for a minute is not repeated', async () => {
  const broken = errorNamed('TimeoutError')
  expect(await waitAfter(broken, 'TRANSIENT', 53_999)).toEqual(['the connection to AWS', undefined])
  // A timer may be a little early.
  await expect(waitAfter(broken, 'TRANSIENT', 54_000)).rejects.toBe(broken)
  expect(await waitAfter(errorNamed('A'), 'THROTTLING', 60_000)).toEqual(['AWS to take more calls', undefined])
})

test('a mistake of the caller and a name that is taken fail at once', async () => {
  const mistake = errorNamed('ValidationException')
  await expect(waitAfter(mistake, 'CLIENT_ERROR')).rejects.toBe(mistake)
  const taken = errorNamed('ResourceConflictException', 'Function already exist: hello')
  await expect(waitAfter(taken, 'CLIENT_ERROR')).rejects.toBe(taken)
})
