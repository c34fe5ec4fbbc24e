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

  it('waits longer each time, up to the longest wait, and is then recorded', () => {
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

  it('that threw Retry waits as long as that says, and keeps its retries', () => {
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

  it('that threw Retry a hundred times has then failed like any other', () => {
    const message = messageOf({ attempt: MOST_ASKED_RETRIES + 1 })
    const settle = (retries: number) =>
      settleFailure(message, { error: new Retry(7) }, { retries, backoff: steady }, 100)
    expect(settle(0)).toMatchObject({ retry: false })
    expect(settle(1)).toEqual({ retry: true, afterMs: 1000, asked: false })
  })

  it('that its own processor refused is recorded, whatever its retries', () => {
    const refused = { error: new AttakError('EVENT_REFUSED', 'refused', 'Mend it.'), isRefusal: true } as const
    expect(settleFailure(messageOf(), refused, { retries: 5, backoff: steady }, 0)).toMatchObject({ retry: false })
  })

  it.each(['EVENT_REFUSED', 'RECORD_REFUSED'])(
    'whose handler threw an error with the code %s is tried again',
    (code) => {
      const thrown = { error: Object.assign(new Error('passed on'), { code }) }
      expect(settleFailure(messageOf(), thrown, { retries: 5, backoff: steady }, 0)).toMatchObject({ retry: true })
    },
  )

  it.each([undefined, null, 'text', 0])('may have thrown anything: %s', (thrown) => {
    expect(settleFailure(messageOf(), { error: thrown }, { retries: 1, backoff: steady }, 0)).toMatchObject({
      retry: true,
    })
  })
})

describe('a message that would have to wait for longer than it can', () => {
  const policy = { retries: 1, backoff: { ...steady, firstMs: 5000 }, holds: { keyedMs: 3_600_000 } }

  it('fails, with what to do', () => {
    const verdict = settleFailure(messageOf({ key: 'k' }), { error: new Retry(3_600_000) }, policy, 0)
    expect(verdict).toMatchObject({
      retry: false,
      error: {
        code: 'RETRY_TOO_LONG',
        message:
          '"b" is to try again after 3600 s, and an event with a key, which waits where it is, can wait for less than 3600 s',
        remedy: expect.stringContaining('maximumRecordAge'),
        cause: { name: 'Retry' },
      },
    })
  })

  it('is tried again where it can wait, be it for that it has no key', () => {
    expect(settleFailure(messageOf({ key: 'k' }), { error: new Retry(3_599_999) }, policy, 0)).toMatchObject({
      retry: true,
    })
    expect(settleFailure(messageOf(), { error: new Retry(1e12) }, policy, 0)).toMatchObject({ retry: true })
    const without = { ...policy, holds: { keyedMs: 5000, keylessMs: 5000 } }
    expect(settleFailure(messageOf(), { error: new Error('no') }, without, 0)).toMatchObject({
      error: { code: 'RETRY_TOO_LONG', remedy: 'Set retryQueue: true on the processor "b", or wait for less.' },
    })
  })
})
