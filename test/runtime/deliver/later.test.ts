import { describe, expect, it } from 'vitest'
import type { Delivery } from '../../../src/runtime/carrier.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { type Context, Retry } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { at } from '../../contract/position.ts'
import { deliveryOf, openWorld, type Said } from './world.ts'

const NOW_MS = 1_000_000
const BACKOFF = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: false }
/** The second wait is longer than nothing else is waited for. */
const policy = { retries: 3, backoff: { ...BACKOFF, firstMs: 10_000 } }

/** A function with a queue for retries; `hold` says how long the queue takes to keep a message. */
function open(said: Partial<Said> = {}, hold: (message: Message) => Promise<void> = async () => {}) {
  const clock = createFakeClock(NOW_MS)
  const kept: Message[] = []
  const keep = async (message: Message) => {
    await hold(message)
    kept.push(message)
  }
  const world = openWorld({ clock, handler: failing, policy, keep, ...said })
  const deliver = async (...records: readonly (readonly unknown[])[]) => [
    ...(await clock.until(world.deliver(records.map((events, index) => deliveryOf(`r${index}`, events))))),
  ]
  const deliverKept = async (message: Message, record = 'q0') => {
    const delivery: Delivery = { record, position: at(`retry/${record}`), messages: [message] }
    return [...(await clock.until(world.deliver([delivery], { keyed: true })))]
  }
  return { clock, kept, world, deliver, deliverKept }
}

const failing = (event: unknown) => {
  if (String(event).includes('bad')) throw new Error('no')
}

describe('a message without a key that waits long', () => {
  it('leaves its stream, and no other message waits for it', async () => {
    const { clock, kept, world, deliver } = open()
    expect(await deliver(['bad', 'x'], ['k1'], ['y'])).toEqual([])
    expect(clock.now()).toBe(NOW_MS)
    expect(world.ended).toEqual(['bad retry', 'x ok', 'k1 ok', 'y ok'])
    expect(kept).toMatchObject([{ data: 'bad', attempt: 2, wait: { dueMs: NOW_MS + 10_000, asked: 0 } }])
  })

  it('carries its original event, its id, and its number of Retries', async () => {
    const handler = (event: { list: number[] }) => {
      event.list.push(1)
      throw new Retry(3_600_000)
    }
    const { kept, deliver } = open({ handler: handler as never })
    expect(await deliver([{ list: [] }])).toEqual([])
    expect(kept).toMatchObject([
      { data: { list: [] }, id: 'r0.0', attempt: 2, wait: { dueMs: NOW_MS + 3_600_000, asked: 1 } },
    ])
  })

  it('is acknowledged only when the retry queue has it', async () => {
    const { clock, deliver, world } = open({}, () => clock.sleep(700))
    expect(await deliver(['bad'])).toEqual([])
    expect(clock.now()).toBe(NOW_MS + 700)
    expect(world.ended).toEqual(['bad retry'])
  })

  it('is delivered again with its record if the queue refused it, and is not retried early', async () => {
    for (const hold of [() => Promise.reject(new Error('full')), () => new Promise<void>(() => {})]) {
      const { deliver, kept, world, clock } = open({ forMs: 8000 }, hold)
      expect(await deliver(['x', 'bad'], ['y'])).toEqual(['r0'])
      expect(await deliver(['x', 'bad'])).toEqual(['r0'])
      expect(world.ended).toEqual(['x ok', 'y ok', 'bad postponed'])
      await clock.pass(10_000)
      expect(await deliver(['x', 'bad'])).toEqual(['r0'])
      expect(world.ended).toEqual(['x ok', 'y ok', 'bad postponed', 'bad postponed'])
      expect(kept).toEqual([])
    }
  })

  it('waits in place if other handlers run anyway, or if its wait is short', async () => {
    const { kept, deliver, world, clock } = open({
      handler: (event) => (event === 'slow' ? clock.sleep(15_000) : failing(event)),
      policy: { retries: 1, backoff: { ...BACKOFF, firstMs: 10_000 } },
    })
    expect(await deliver(['bad', 'slow'])).toEqual([])
    expect(world.ended).toEqual(['bad retry', 'bad failed', 'slow ok'])
    const short = open({ policy: { retries: 1, backoff: BACKOFF } })
    expect(await short.deliver(['bad'])).toEqual([])
    expect([...kept, ...short.kept]).toEqual([])
  })

  it('leaves if its next attempt would not end in time', async () => {
    const { kept, deliver, clock } = open({
      handler: async () => {
        await clock.sleep(4000)
        throw new Error('no')
      },
      policy: { retries: 5, backoff: { ...BACKOFF, firstMs: 500 } },
      forMs: 10_000,
    })
    expect(await deliver(['bad'])).toEqual([])
    expect(kept).toMatchObject([{ attempt: 3 }])
  })

  it('does not run again if its record is delivered again because of others', async () => {
    const { kept, deliver, world } = open({ forMs: 8000 })
    expect(await deliver(['bad', 'k-bad'])).toEqual(['r0'])
    expect(await deliver(['bad', 'k-bad'])).toEqual(['r0'])
    expect(kept).toHaveLength(1)
    expect(world.ended).toEqual(['k-bad postponed', 'bad retry'])
  })
})

describe('a message with a key', () => {
  it('never leaves its stream: its record and later ones with its key are delivered again', async () => {
    const { kept, deliver, world } = open({ forMs: 8000 })
    expect(await deliver(['k-bad', 'k2', 'l1'], ['k3'], ['x'])).toEqual(['r0', 'r1'])
    expect(kept).toEqual([])
    expect(world.ended).toEqual(['k-bad postponed', 'l1 ok', 'x ok'])
  })

  it('waits in place if that fits, and waiting messages without a key stay as long', async () => {
    const { kept, deliver, world } = open({ policy: { retries: 1, backoff: { ...BACKOFF, firstMs: 10_000 } } })
    expect(await deliver(['k-bad', 'k2', 'bad'])).toEqual([])
    expect(kept).toEqual([])
    expect(world.ended).toEqual(['k-bad retry', 'bad retry', 'k-bad failed', 'k2 ok', 'bad failed'])
  })

  it('may wait elsewhere if nothing keeps its order', async () => {
    const { kept, deliverKept, world } = open()
    const message = deliveryOf('e', ['k-bad']).messages[0]!
    expect(await deliverKept(message)).toEqual([])
    expect(kept).toMatchObject([{ key: 'k', attempt: 2 }])
    expect(world.ended).toEqual(['k-bad retry'])
  })
})

describe('a message from the retry queue', () => {
  const waited = (said: Partial<Message>) => ({ ...deliveryOf('r', ['bad']).messages[0]!, ...said }) as Message

  it('continues the count of its attempts, and fails for good after the last', async () => {
    const { clock, kept, deliverKept, world } = open()
    expect(await deliverKept(waited({ attempt: 3, wait: { dueMs: 0, asked: 0 } }))).toEqual([])
    expect(kept).toMatchObject([{ attempt: 4, wait: { dueMs: NOW_MS + 40_000 } }])
    await clock.pass(40_000)
    expect(await deliverKept(kept[0]!, 'q1')).toEqual([])
    expect(kept).toHaveLength(1)
    expect(world.ended).toEqual(['bad retry', 'bad failed'])
    expect(world.recorded).toEqual(['bad'])
  })

  it('keeps its number of Retries', async () => {
    const attempts: number[] = []
    const handler = (_: unknown, { attempt }: Context) => {
      attempts.push(attempt)
      throw new Retry(20_000)
    }
    const { kept, deliverKept, world } = open({ handler, policy: { ...policy, retries: 0 } })
    await deliverKept(waited({ attempt: 100, wait: { dueMs: 0, asked: 99 } }))
    expect(kept).toMatchObject([{ attempt: 101, wait: { asked: 100 } }])
    await deliverKept(waited({ attempt: 101, wait: { dueMs: 0, asked: 100 } }), 'q1')
    expect(kept).toHaveLength(1)
    expect(world.recorded).toEqual(['bad'])
    expect(attempts).toEqual([100, 101])
  })

  it('is sent back if it is early, and waits in place if it is a little early', async () => {
    const { clock, kept, deliverKept, world } = open({ handler: () => {} })
    expect(await deliverKept(waited({ attempt: 2, wait: { dueMs: NOW_MS + 5_000_000, asked: 0 } }))).toEqual([])
    expect(kept).toMatchObject([{ attempt: 2, wait: { dueMs: NOW_MS + 5_000_000 } }])
    expect(world.ended).toEqual([])
    expect(await deliverKept(waited({ attempt: 2, wait: { dueMs: NOW_MS + 900, asked: 0 } }), 'q1')).toEqual([])
    expect(clock.now()).toBe(NOW_MS + 900)
    expect(world.ended).toEqual(['bad ok'])
  })

  it('is sent back even if it was never tried', async () => {
    const { kept, deliverKept } = open({ handler: () => {} })
    const wait = { dueMs: NOW_MS + 5_000_000, asked: 0 }
    expect(await deliverKept(waited({ attempt: 1, wait }))).toEqual([])
    expect(kept).toMatchObject([{ attempt: 1, wait }])
  })

  it('has no fields of its waiting in its error record', async () => {
    const failed: Message[] = []
    const { deliverKept } = open({
      recordFailure: ({ invocation }) => {
        failed.push(invocation.message)
        return Promise.resolve()
      },
    })
    await deliverKept(waited({ attempt: 4, wait: { dueMs: 0, asked: 0 } }))
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({ attempt: 4 })
    expect(failed[0]).not.toHaveProperty('wait')
  })
})

it('a failure that is not recorded in time is not done', async () => {
  const { deliver, world, clock } = open({
    forMs: 5000,
    policy: { ...policy, retries: 0 },
    recordFailure: () => new Promise(() => {}),
  })
  expect(await deliver(['bad'])).toEqual(['r0'])
  await clock.pass(1000)
  expect(await deliver(['bad'])).toEqual(['r0'])
  expect(world.ended).toEqual(['bad failed', 'bad failed'])
})
