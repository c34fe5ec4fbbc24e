import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Retry } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { deliveryOf, openWorld, type Said } from './world.ts'

const FOR_MS = 10_000
const BACKOFF = { firstMs: 45_000, factor: 1, maxMs: 45_000, jitter: false }
const ONE_RETRY = { retries: 1, backoff: BACKOFF }

interface Spent {
  readonly lastedMs: number
  /** How many attempts it made. */
  readonly attempts: number
}

/** Hands over what fails at once again, and what is behind it, as a shard does. */
async function shardOf(events: readonly string[], said: Partial<Said> = {}) {
  const { clock = createFakeClock() } = said
  const handler = (event: unknown) => {
    if (String(event).includes('bad')) throw new Error('no')
  }
  const world = openWorld({ handler, policy: ONE_RETRY, forMs: FOR_MS, redeliversAtOnce: true, ...said, clock })
  const records = events.map((event, index) => deliveryOf(`r${index}`, [event]))
  const invocations: Spent[] = []
  const invoke = async () => {
    const [startedMs, before] = [clock.now(), world.ended.length]
    const failed = await clock.until(world.deliver(records))
    invocations.push({ lastedMs: clock.now() - startedMs, attempts: world.ended.length - before })
    const first = records.findIndex(({ record }) => failed.has(record))
    records.splice(0, first < 0 ? records.length : first)
  }
  return {
    ...{ clock, world, invocations, records, invoke },
    async drain() {
      while (records.length > 0) await invoke()
    },
  }
}

describe('an invocation with a message that waits longer in its stream', () => {
  it('lasts as long as it can, and is followed by others until the wait is over', async () => {
    const shard = await shardOf(['k-bad', 'k2', 'x'])
    await shard.drain()
    expect(shard.world.ended).toEqual(['k-bad postponed', 'x ok', 'k-bad failed', 'k2 ok'])
    expect(shard.invocations.length).toBe(6)
    expect(shard.invocations.slice(0, -1).every(({ lastedMs }) => lastedMs === FOR_MS * 0.9)).toBe(true)
    expect(shard.clock.now() - 1_000_000).toBe(45_000)
  })

  it('ends at once if failed messages are delivered again later anyway', async () => {
    const shard = await shardOf(['k-bad'], { redeliversAtOnce: false })
    await shard.invoke()
    expect(shard.invocations).toEqual([{ lastedMs: 0, attempts: 1 }])
    expect(shard.records).toHaveLength(1)
  })

  it('ends at once if the attempt of another message is due', async () => {
    const accept = () => Promise.reject(Object.assign(new Error('full'), { code: 'EMIT_NOT_ACCEPTED' }))
    const handler = (event: unknown, { emit }: { emit(topic: string): void }) => {
      if (event === 'k-bad') throw new Error('no')
      emit('t')
    }
    const shard = await shardOf(['k-bad', 'l1'], { handler: handler as never, accept })
    await shard.invoke()
    expect(shard.world.ended).toEqual(['k-bad postponed', 'l1 postponed'])
    expect(shard.invocations[0]!.lastedMs).toBe(0)
  })

  it('ends at once if a retry queue accepts the message', async () => {
    for (const keep of [async () => {}, () => Promise.reject(new Error('full'))]) {
      const shard = await shardOf(['bad'], { keep })
      await shard.invoke()
      expect(shard.invocations[0]!.lastedMs).toBe(0)
    }
  })

  it('makes progress or lasts; no message is lost, early, or out of the order of its key', async () => {
    const event = fc
      .tuple(fc.constantFrom('k', 'l', 'x'), fc.constantFrom('good', 'bad', 'asks'))
      .map((parts) => parts.join('-'))
    const waits = fc.constantFrom(100, 5000, 20_000, 100_000)
    const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 6 }), waits, async (kinds, waitMs) => {
      const events = kinds.map((kind, index) => `${kind}${index}`)
      const tried = new Map<string, number[]>()
      const done: string[] = []
      const clock = createFakeClock()
      const handler = (name: string) => {
        const times = [...(tried.get(name) ?? []), clock.now()]
        tried.set(name, times)
        if (name.includes('good') || times.length > 1) return void done.push(name)
        throw name.includes('asks') ? new Retry(waitMs) : new Error('no')
      }
      const policy = { retries: 1, backoff: { ...BACKOFF, firstMs: waitMs, maxMs: waitMs } }
      const shard = await shardOf(events, { clock, handler: handler as never, policy })
      const startedMs = clock.now()
      await shard.drain()
      expect(done.toSorted()).toEqual(events.toSorted())
      for (const [first, again = Number.POSITIVE_INFINITY] of tried.values())
        expect(again - first!).toBeGreaterThanOrEqual(waitMs)
      for (const key of ['k', 'l']) {
        const isOfKey = (name: string) => name.startsWith(key)
        expect(done.filter(isOfKey)).toEqual(events.filter(isOfKey))
      }
      for (const { lastedMs, attempts } of shard.invocations) {
        expect(attempts > 0 || lastedMs === FOR_MS * 0.9).toBe(true)
      }
      expect(shard.invocations.length).toBeLessThanOrEqual(
        1 + 2 * events.length + (clock.now() - startedMs) / (FOR_MS * 0.9),
      )
    })
    await fc.assert(property, { numRuns: 100 })
  })
})
