import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { DEFAULTS } from '../../src/graph/build.ts'
import { MOST_ASKED_RETRIES, settleFailure } from '../../src/runtime/retry.ts'
import { Retry } from '../../src/topology/handler.ts'
import { messageOf } from '../contract/message.ts'

const steady = { ...DEFAULTS.backoff, jitter: false }

describe('E2: a failed message', () => {
  it('is recorded at once without retries', () => {
    expect(settleFailure(messageOf(), { error: new Error('no') }, { retries: 0, backoff: steady }, 0)).toMatchObject({
      retry: false,
    })
  })

  it('is retried at once by Retry(0), which does not use up retries', () => {
    const policy = { retries: 0, backoff: steady }
    expect(settleFailure(messageOf(), { error: new Retry(0) }, policy, 0)).toEqual({
      ...{ retry: true, afterMs: 0, asked: true },
    })
  })

  it('waits longer each time, up to maxMs, and is then recorded', () => {
    const policy = { retries: 4, backoff: { ...steady, firstMs: 100, factor: 3, maxMs: 1000 } }
    const verdicts = [1, 2, 3, 4, 5].map((attempt) =>
      settleFailure(messageOf({ attempt }), { error: new Error('no') }, policy, 0),
    )
    expect(verdicts.map((verdict) => (verdict.retry ? verdict.afterMs : 'recorded'))).toEqual([
      100,
      300,
      900,
      1000,
      'recorded',
    ])
  })

  it('waits between half and all of that with jitter, the same for the same message and attempt', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (ordinal, attempt) => {
        const waitOf = (jitter: boolean) => {
          const policy = { retries: 1000, backoff: { ...steady, jitter } }
          const verdict = settleFailure(messageOf({ ordinal, attempt }), { error: new Error('no') }, policy, 0)
          return verdict.retry ? verdict.afterMs : Number.NaN
        }
        expect(waitOf(true)).toBeGreaterThanOrEqual(waitOf(false) / 2 - 1)
        expect(waitOf(true)).toBeLessThanOrEqual(waitOf(false))
        expect(waitOf(true)).toBe(waitOf(true))
      }),
    )
  })

  it('that threw Retry waits as long as it asks, and keeps its retries', () => {
    const policy = { retries: 1, backoff: steady }
    const asked = settleFailure(messageOf({ attempt: 4 }), { error: new Retry(7) }, policy, 3)
    expect(asked).toEqual({ retry: true, afterMs: 7, asked: true })
    expect(settleFailure(messageOf({ attempt: 4 }), { error: new Error('no') }, policy, 3)).toMatchObject({
      afterMs: 1000,
    })
    expect(settleFailure(messageOf({ attempt: 5 }), { error: new Error('no') }, policy, 3)).toMatchObject({
      retry: false,
    })
  })

  it.each([true, false])('waits whole milliseconds, with jitter: %s', (jitter) => {
    const anyBackoff = fc.record({
      firstMs: fc.nat(86_400_000),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      maxMs: fc.nat(86_400_000),
    })
    const anyWait = fc.double({ min: 0, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(anyBackoff, anyWait, fc.integer({ min: 1, max: 20 }), (backoff, askedMs, attempt) => {
        const policy = { retries: 100, backoff: { ...backoff, jitter } }
        for (const error of [new Error('no'), new Retry(askedMs)]) {
          const verdict = settleFailure(messageOf({ attempt }), { error }, policy, 0)
          expect(verdict.retry && verdict.afterMs).toSatisfy(Number.isSafeInteger)
        }
      }),
    )
  })

  it('whose Retry asks for an invalid time has failed like any other', () => {
    for (const afterMs of [Number.NaN, -1]) {
      const error = Object.assign(new Retry(1), { afterMs })
      expect(settleFailure(messageOf(), { error }, { retries: 0, backoff: steady }, 0)).toMatchObject({ retry: false })
    }
  })

  it('that threw Retry a hundred times has then failed like any other', () => {
    const message = messageOf({ attempt: MOST_ASKED_RETRIES + 1 })
    const settle = (retries: number) =>
      settleFailure(message, { error: new Retry(7) }, { retries, backoff: steady }, 100)
    expect(settle(0)).toMatchObject({ retry: false })
    expect(settle(1)).toEqual({ retry: true, afterMs: 1000, asked: false })
  })

  it('that its own processor refused is recorded without retries', () => {
    const refused = { error: new AttakError('EVENT_REFUSED', 'refused', 'Mend it.'), isRefusal: true } as const
    expect(settleFailure(messageOf(), refused, { retries: 5, backoff: steady }, 0)).toMatchObject({ retry: false })
  })

  it.each(['EVENT_REFUSED', 'RECORD_REFUSED'])('whose handler threw an error with the code %s is retried', (code) => {
    const thrown = { error: Object.assign(new Error('passed on'), { code }) }
    expect(settleFailure(messageOf(), thrown, { retries: 5, backoff: steady }, 0)).toMatchObject({ retry: true })
  })

  it.each([undefined, null, 'text', 0])('may have thrown anything: %s', (thrown) => {
    expect(settleFailure(messageOf(), { error: thrown }, { retries: 1, backoff: steady }, 0)).toMatchObject({
      retry: true,
    })
  })
})

const DAY_MS = 86_400_000

describe('a message that would wait longer than it can', () => {
  const policy = { retries: 1, backoff: { ...steady, firstMs: 5000 }, holds: { keyedMs: 3_600_000 } }

  it('fails with a remedy', () => {
    const verdict = settleFailure(messageOf({ key: 'k' }), { error: new Retry(3_600_000) }, policy, 0)
    expect(verdict).toMatchObject({
      retry: false,
      error: {
        code: 'RETRY_TOO_LONG',
        message: 'the retry of "b" is due in 3600 s, but an event with a key can only wait for less than 3600 s',
        remedy: expect.stringContaining('docs/reference/handler.md'),
        cause: { name: 'Retry' },
      },
    })
  })

  it('is retried if it can wait, for example without a key', () => {
    expect(settleFailure(messageOf({ key: 'k' }), { error: new Retry(3_599_999) }, policy, 0)).toMatchObject({
      retry: true,
    })
    expect(settleFailure(messageOf(), { error: new Retry(365 * DAY_MS) }, policy, 0)).toMatchObject({ retry: true })
    const without = { ...policy, holds: { keyedMs: 5000, keylessMs: 5000 } }
    expect(settleFailure(messageOf(), { error: new Error('no') }, without, 0)).toMatchObject({
      error: { code: 'RETRY_TOO_LONG', remedy: 'Set retryQueue: true on the processor "b", or wait for less.' },
    })
  })

  it.each([undefined, 'k'])('has the remedy of a retry queue if it is an input, with the key %s', (key) => {
    const held = { ...policy, holds: { inputMs: 30_000 } }
    expect(settleFailure(messageOf({ key }), { error: new Retry(29_999) }, held, 0)).toMatchObject({ retry: true })
    expect(settleFailure(messageOf({ key }), { error: new Retry(30_000) }, held, 0)).toMatchObject({
      error: {
        message: 'the retry of "b" is due in 30 s, but an input without retryQueue can only wait for less than 30 s',
        remedy: 'Set retryQueue: true on the processor "b", or wait for less.',
      },
    })
  })

  it.each([undefined, 'k'])('fails at 366 days in any place, with the key %s', (key) => {
    const settle = (ms: number) =>
      settleFailure(messageOf({ key }), { error: new Retry(ms) }, { ...policy, holds: {} }, 0)
    expect(settle(366 * DAY_MS - 1)).toMatchObject({ retry: true })
    for (const ms of [366 * DAY_MS, Number.MAX_VALUE])
      expect(settle(ms)).toMatchObject({ error: { code: 'RETRY_TOO_LONG', remedy: 'Wait for less.' } })
  })
})
