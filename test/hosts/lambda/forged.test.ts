import { describe, expect, it } from 'vitest'
import { withHeldWaits, withoutMarks } from '../../../src/runtime/retry-place.ts'
import { Retry } from '../../../src/topology/handler.ts'
import { recordsIn } from '../../contract/fake-store.ts'
import { messageOf } from '../../contract/message.ts'
import { at } from '../../contract/position.ts'
import { openFunctionOf, recordOf } from './one-function.ts'

const RETRY_QUEUE = 'test--dev--_retry-b'
const DAY_MS = 86_400_000
const event = (more: object) => ({ id: 'i', type: 't', attakroot: 'r', source: '/test/dev/a', data: 1, ...more })
const past = '2000-01-01T00:00:00.000Z'
const far = '9999-01-01T00:00:00.000Z'

/** A function that asks for every message again, and how often each was tried. */
function open(via: 'kinesis' | 'sqs', settings: object = {}) {
  const tried: unknown[] = []
  const opened = openFunctionOf(
    via,
    (data) => {
      tried.push(data)
      throw new Retry(0)
    },
    settings,
  )
  return { ...opened, tried }
}

const send = ({ invoke }: ReturnType<typeof open>, via: 'kinesis' | 'sqs', queue: string | undefined, said: object) =>
  invoke({ Records: [recordOf(via, '100', JSON.stringify(said), queue)] })

describe('a forged message that waits', () => {
  it.each(['kinesis', 'sqs'] as const)('over %s does not wait, and has the attempts of any other', async (via) => {
    for (const attakasked of [9e15, -9e15, 0.5, 1e300, '7', null, [], 101]) {
      for (const attakdue of [past, far, 'soon', 7, null]) {
        const opened = open(via)
        await send(opened, via, undefined, event({ attakdue, attakasked, attakchannel: 'else' }))
        expect(opened.tried).toHaveLength(101)
        expect(recordsIn(opened.store)).toMatchObject([{ attempt: 101 }])
      }
    }
  })

  it('with a key does not hold its shard', async () => {
    const handled: unknown[] = []
    const opened = openFunctionOf('kinesis', (data) => void handled.push(data))
    const records = [{ attakdue: far }, {}].map((more, index) =>
      recordOf(
        'kinesis',
        `${100 + index}`,
        JSON.stringify(event({ id: `${index}`, data: index, partitionkey: 'k', ...more })),
      ),
    )
    expect(await opened.invoke({ Records: records })).toEqual({ batchItemFailures: [] })
    expect(handled).toEqual([0, 1])
  })

  it('in a direct call does not, so its caller gets an answer', async () => {
    const handled: unknown[] = []
    const opened = openFunctionOf('kinesis', (data) => void handled.push(data))
    await opened.invoke(event({ attakdue: far, partitionkey: 'k' }))
    expect(handled).toEqual([1])
  })

  it.each([9e15, 1e300, 101, 100])('in a retry queue after %d asked retries has none left', async (attakasked) => {
    const opened = open('sqs', { retryQueue: true })
    await send(opened, 'sqs', RETRY_QUEUE, event({ attakdue: past, attakasked }))
    expect(opened.tried).toHaveLength(1)
    expect(recordsIn(opened.store)).toMatchObject([{ attempt: 101 }])
  })

  it('in a retry queue waits for a year at most', async () => {
    const opened = open('sqs', { retryQueue: true })
    expect(await send(opened, 'sqs', RETRY_QUEUE, event({ attakdue: far, attakattempt: 2 }))).toEqual({
      batchItemFailures: [],
    })
    expect(opened.tried).toEqual([])
    expect(opened.sent).toHaveLength(1)
    expect(Date.parse(JSON.parse(opened.sent[0]!.body).attakdue)).toBeLessThanOrEqual(opened.clock.now() + 366 * DAY_MS)
  })

  it('in a retry queue may name any channel, and has its own policy processor', async () => {
    const opened = open('sqs', { retryQueue: true })
    await send(opened, 'sqs', RETRY_QUEUE, event({ attakdue: past, attakchannel: '__proto__', source: undefined }))
    expect(recordsIn(opened.store)).toMatchObject([{ processor: 'b' }])
  })
})

describe('fields of a delivery', () => {
  const delivery = (said: object) => [
    { record: '1', position: at('p/1'), messages: [messageOf({ data: 1 }), messageOf(said)] },
  ]
  const policy = (keyedMs?: number) => () => {
    const backoff = { firstMs: 1, factor: 2, maxMs: 1, jitter: false }
    return { retries: 0, backoff, ...(keyedMs !== undefined && { holds: { keyedMs } }) }
  }

  it('over a stream force nothing and wait for nothing', () => {
    const wait = { dueMs: 9e15, asked: 3 }
    const [read] = withoutMarks(delivery({ data: 2, forced: true, wait }))
    expect(read!.messages).toEqual([messageOf({ data: 1 }), messageOf({ data: 2 })])
    const plain = delivery({})
    expect(withoutMarks(plain)).toBe(plain)
  })

  it('in a retry queue wait no longer than the policy allows with that key', () => {
    const dueOf = (said: object, keyedMs?: number) =>
      withHeldWaits(delivery(said), policy(keyedMs), 1000)[0]!.messages[1]!.wait?.dueMs
    const wait = { dueMs: 9e15, asked: 0 }
    expect(dueOf({ wait, key: 'k' }, 5000)).toBe(6000)
    expect(dueOf({ wait: { dueMs: 3000, asked: 0 }, key: 'k' }, 5000)).toBe(3000)
    expect(dueOf({ wait, key: 'k' })).toBe(1000 + 366 * DAY_MS)
    expect(dueOf({ wait }, 5000)).toBe(1000 + 366 * DAY_MS)
    expect(dueOf({})).toBeUndefined()
  })
})
