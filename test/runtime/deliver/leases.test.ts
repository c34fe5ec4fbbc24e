import { describe, expect, it } from 'vitest'
import type { HandledStore } from '../../../src/runtime/handled.ts'
import { createMemoryHandled } from '../../../src/stores/memory/handled.ts'
import type { Context } from '../../../src/topology/handler.ts'
import { createFakeClock, type FakeClock } from '../../contract/clock.ts'
import { at } from '../../contract/position.ts'
import { deliveryOf, openWorld, type Said } from './world.ts'

const BACKOFF = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: false }
const TTL_MS = 3_600_000

/** A store whose calls take as long as said, and fail where said. */
function slowStore(
  clock: FakeClock,
  { ms = 5, fails = () => false as boolean }: { ms?: number; fails?: (call: string) => boolean } = {},
) {
  const memory = createMemoryHandled({ now: clock.now, ttlMs: TTL_MS })
  const slowly = async <T>(call: string, answer: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms)
    if (fails(call)) throw new Error(`no ${call}`)
    return answer()
  }
  const store: HandledStore = {
    lease: memory.lease,
    begin: (lease, times) => slowly('begin', () => memory.begin(lease, times)),
    done: (lease, within) => slowly('done', () => memory.done(lease, within)),
    release: (lease, within) => slowly('release', () => memory.release(lease, within)),
  }
  return store
}

/** A function that remembers what it has handled, and what invokes it. */
function openFunction(handler: Said['handler'], said: Partial<Said> = {}) {
  const clock = said.clock ?? createFakeClock()
  const handled = said.handled ?? slowStore(clock)
  const world = openWorld({ clock, handler, ...said, handled })
  return {
    ...{ clock, handled, world },
    /** Begins to deliver one event: whoever waits for it moves the clock. */
    begin: (event: unknown) => world.deliver([deliveryOf('r0', [event])]),
    /** Delivers records, each of some events. */
    deliver: async (...records: readonly (readonly unknown[])[]) => {
      const deliveries = records.map((events, index) => deliveryOf(`r${index}`, events))
      return [...(await clock.until(world.deliver(deliveries)))]
    },
  }
}

describe('a message that is delivered again', () => {
  it('is skipped if it was handled', async () => {
    const { world, deliver } = openFunction(() => {})
    expect(await deliver([1, 2], [3])).toEqual([])
    expect(await deliver([1, 2], [3])).toEqual([])
    expect(world.ended).toEqual(['1 ok', '2 ok', '3 ok', '1 skipped', '2 skipped', '3 skipped'])
    expect(world.lines).toEqual([])
  })

  it('is skipped by another function, too', async () => {
    const one = openFunction(() => {})
    const other = openFunction(() => {}, { clock: one.clock, handled: one.handled })
    await one.deliver([1])
    await other.deliver([1])
    expect(other.world.ended).toEqual(['1 skipped'])
  })

  it('in the same delivery is handled once', async () => {
    const { world, clock } = openFunction(() => {})
    const [delivery] = [deliveryOf('r0', ['x'])]
    const again = { ...delivery!, record: 'r1', position: at('s/0/r1') }
    expect([...(await clock.until(world.deliver([delivery!, again])))]).toEqual([])
    expect(world.ended).toEqual(['x ok', 'x skipped'])
  })

  it('is handled if it failed before and was recorded as an error', async () => {
    let isMended = false
    const { world, deliver } = openFunction(() => {
      if (!isMended) throw new Error('no')
    })
    expect(await deliver([1])).toEqual([])
    isMended = true
    expect(await deliver([1])).toEqual([])
    expect(world.ended).toEqual(['1 failed', '1 ok'])
    expect(world.recorded).toEqual(['1'])
  })

  it('is handled if its emits were not accepted before', async () => {
    const notAccepted = Object.assign(new Error('too much at once'), { code: 'EMIT_NOT_ACCEPTED' })
    let refuses = true
    const { world, deliver } = openFunction((_, context: Context) => void context.emit('t'), {
      accept: () => (refuses ? Promise.reject(notAccepted) : undefined),
    })
    expect(await deliver([1])).toEqual(['r0'])
    refuses = false
    expect(await deliver([1])).toEqual([])
    expect(world.ended).toEqual(['1 postponed', '1 ok'])
  })

  it('is handled with a warning if it has other data', async () => {
    const { world, clock } = openFunction(() => {})
    const deliver = (data: string) => {
      const { messages, ...delivery } = deliveryOf('r0', ['same'])
      return clock.until(world.deliver([{ ...delivery, messages: [{ ...messages[0]!, data }] }]))
    }
    await deliver('one')
    await deliver('other')
    await deliver('other')
    await deliver('one')
    expect(world.ended).toEqual(['one ok', 'other ok', 'other skipped', 'one skipped'])
    expect(world.lines).toEqual([
      'other warn a message with this id but other data was handled before; this one is handled too',
    ])
  })

  it('is handled if that is forced, and is then done', async () => {
    const { world, clock, deliver } = openFunction(() => {})
    await deliver(['x'])
    const { messages, ...delivery } = deliveryOf('r0', ['x'])
    await clock.until(world.deliver([{ ...delivery, messages: [{ ...messages[0]!, forced: true }] }]))
    await deliver(['x'])
    expect(world.ended).toEqual(['x ok', 'x ok', 'x skipped'])
  })

  it('is handled again when it is no longer remembered', async () => {
    const { world, clock, deliver } = openFunction(() => {})
    await deliver([1])
    await clock.pass(TTL_MS)
    await deliver([1])
    expect(world.ended).toEqual(['1 ok', '1 ok'])
  })
})

/** A function that crashes while it handles the event 1, and was to end after a while. */
function crashed(clock: FakeClock, forMs: number): HandledStore {
  const handled = slowStore(clock)
  const never = () => new Promise<never>(() => {})
  void openFunction(never, { clock, forMs, handled: { ...handled, done: never, release: never } }).begin(1)
  return handled
}

describe('while it is handled by another function, a message', () => {
  it('waits, and is skipped if it was handled', async () => {
    const clock = createFakeClock()
    const slow = openFunction(() => clock.sleep(7000), { clock })
    const other = openFunction(() => {}, { clock, handled: slow.handled })
    const first = slow.begin(1)
    await clock.pass(100)
    const second = other.world.deliver([deliveryOf('r0', [1]), deliveryOf('r1', [2])])
    const failed = await clock.until(Promise.all([first, second]))
    expect(failed.map(({ size }) => size)).toEqual([0, 0])
    expect(other.world.ended).toEqual(['2 ok', '1 skipped'])
    expect(other.world.lines).toEqual([
      '1 warn it still waits: another invocation is handling it, or ended while handling it',
    ])
  })

  it('is delivered again if there is no time to wait', async () => {
    const clock = createFakeClock()
    const slow = openFunction(() => clock.sleep(20_000), { clock })
    const other = openFunction(() => {}, { clock, handled: slow.handled, forMs: 5000 })
    const first = slow.begin(1)
    await clock.pass(100)
    expect([...(await clock.until(other.begin(1)))]).toEqual(['r0'])
    expect(other.world.ended).toEqual(['1 postponed'])
    expect((await clock.until(first)).size).toBe(0)
    expect(await other.deliver([1])).toEqual([])
    expect(other.world.ended).toEqual(['1 postponed', '1 skipped'])
  })

  it('is handled if the other has crashed, a second after its time is up', async () => {
    const clock = createFakeClock()
    const handled = crashed(clock, 8000)
    await clock.pass(10)
    const startedAt: number[] = []
    const other = openFunction(() => void startedAt.push(clock.now() - 1_000_000), {
      ...{ clock, handled },
    })
    expect(await other.deliver([1])).toEqual([])
    expect(startedAt[0]).toBeGreaterThan(9000)
    expect(startedAt[0]).toBeLessThan(11_500)
  })

  it('does not lose the time that it waited', async () => {
    const clock = createFakeClock()
    const handled = crashed(clock, 8000)
    await clock.pass(4000)
    const { world, deliver } = openFunction(() => clock.sleep(6000), { clock, handled, forMs: 10_000 })
    expect(await deliver([1])).toEqual(['r0'])
    expect(await deliver([1])).toEqual([])
    expect(world.ended.filter((end) => end !== '1 postponed')).toEqual(['1 ok'])
    expect(world.recorded).toEqual([])
  })
})

describe('a lease', () => {
  it('is kept while a message waits for its next attempt in place', async () => {
    const clock = createFakeClock()
    const one = openFunction(
      (_, { attempt }: Context) => {
        if (attempt === 1) throw new Error('no')
      },
      { clock, policy: { retries: 1, backoff: BACKOFF } },
    )
    const other = openFunction(() => {}, { clock, handled: one.handled })
    const first = one.begin(1)
    await clock.pass(100)
    await clock.until(Promise.all([first, other.begin(1)]))
    expect(one.world.ended).toEqual(['1 retry', '1 ok'])
    expect(other.world.ended).toEqual(['1 skipped'])
  })

  it('is returned when a message waits elsewhere for its next attempt', async () => {
    const kept: unknown[] = []
    const { world, deliver } = openFunction(
      (_, { attempt }: Context) => {
        if (attempt === 1 && kept.length === 0) throw new Error('no')
      },
      {
        forMs: 5000,
        policy: { retries: 1, backoff: { ...BACKOFF, firstMs: 7000 } },
        keep: async (message) => void kept.push(message.data),
      },
    )
    expect(await deliver([1])).toEqual([])
    expect(await deliver([1])).toEqual([])
    expect(kept).toEqual([1])
    expect(world.ended).toEqual(['1 retry', '1 ok'])
  })

  it('is returned by a message that is no longer started', async () => {
    const { world, clock, deliver } = openFunction(() => clock.sleep(2500), { forMs: 6000, concurrency: 1 })
    const failed = await deliver([1], [2], [3], [4])
    expect(failed).toEqual(['r2', 'r3'])
    const startMs = clock.now()
    await deliver([1], [2], [3], [4])
    expect(clock.now() - startMs).toBeLessThan(5500)
    expect(world.ended).toEqual(['1 ok', '2 ok', '3 ok', '4 ok'])
  })
})

describe('messages of one key', () => {
  it('are handled one after the other, each when the previous one is remembered', async () => {
    const steps: string[] = []
    const clock = createFakeClock()
    const store = slowStore(clock)
    const handled: HandledStore = {
      ...store,
      async done(lease, withinMs) {
        await store.done(lease, withinMs)
        steps.push('remembered')
      },
    }
    const { deliver } = openFunction((event: string) => void steps.push(event), { clock, handled })
    await deliver(['k1', 'k2'], ['k3'])
    expect(steps).toEqual(['k1', 'remembered', 'k2', 'remembered', 'k3', 'remembered'])
    await deliver(['k1', 'k2'], ['k3', 'k4'])
    expect(steps.slice(6)).toEqual(['k4', 'remembered'])
  })
})

describe('without an answer of the store', () => {
  it('nothing is handled, and everything is delivered again', async () => {
    const clock = createFakeClock()
    const handled = slowStore(clock, { fails: (call) => call === 'begin' })
    const { world, deliver } = openFunction(() => {}, { clock, handled })
    expect(await deliver([1], [2])).toEqual(['r0', 'r1'])
    expect(world.ended).toEqual(['1 postponed', '2 postponed'])
    expect(world.errors.map(String)).toEqual(['Error: no begin', 'Error: no begin'])
  })

  it('for a while, the call is repeated', async () => {
    const clock = createFakeClock()
    let calls = 0
    const handled = slowStore(clock, { fails: () => calls++ < 4 })
    const { world, deliver } = openFunction(() => {}, { clock, handled })
    expect(await deliver([1])).toEqual([])
    expect(world.ended).toEqual(['1 ok'])
    await deliver([1])
    expect(world.ended).toEqual(['1 ok', '1 skipped'])
  })

  it('a handled message is acknowledged with a warning', async () => {
    const clock = createFakeClock()
    const handled = slowStore(clock, { fails: (call) => call === 'done' })
    const { world, deliver } = openFunction(() => {}, { clock, handled, forMs: 20_000 })
    expect(await deliver([1])).toEqual([])
    expect(world.ended).toEqual(['1 ok'])
    expect(world.lines).toEqual(['1 warn it was handled, but is handled twice if it is delivered again: no done'])
  })

  it('the answer of an invocation is in time', async () => {
    const clock = createFakeClock()
    const never = new Promise<never>(() => {})
    for (const slow of ['begin', 'done', 'release'] as const) {
      const handled = { ...slowStore(clock), [slow]: () => never }
      const handler = () => {
        if (slow === 'release') throw new Error('no')
      }
      const { deliver } = openFunction(handler, { clock, handled, forMs: 10_000 })
      const startMs = clock.now()
      expect(await deliver([1])).toEqual(slow === 'begin' ? ['r0'] : [])
      expect(clock.now() - startMs).toBeLessThan(10_000)
    }
  })
})

describe('an answer of the store that comes after the invocation has answered', () => {
  it('starts no handler, and its lease is returned', async () => {
    const clock = createFakeClock()
    const store = slowStore(clock)
    let answer = () => {}
    const begin: HandledStore['begin'] = (lease, times) =>
      new Promise((resolve) => {
        answer = () => resolve(store.begin(lease, times))
      })
    let tellReleased = () => {}
    const released = new Promise<void>((resolve) => {
      tellReleased = resolve
    })
    const release: HandledStore['release'] = async () => tellReleased()
    let started = 0
    const { deliver } = openFunction(() => void started++, {
      ...{ clock, handled: { ...store, begin, release }, forMs: 10_000 },
    })
    expect(await deliver([1])).toEqual(['r0'])
    answer()
    await clock.until(released)
    expect(started).toBe(0)
  })

  it.each([
    ['fails', (): Promise<void> => Promise.reject(new Error('no'))],
    ['comes at last', (): Promise<void> => Promise.resolve()],
  ])('adds no second warning if it %s', async (_, late) => {
    const clock = createFakeClock()
    let answer = () => {}
    const done = () =>
      new Promise<void>((resolve) => {
        answer = () => resolve(late())
      })
    const handled = { ...slowStore(clock), done }
    const { world, deliver } = openFunction(() => {}, { clock, handled, forMs: 10_000 })
    expect(await deliver([1])).toEqual([])
    answer()
    await clock.until(clock.sleep(10_000))
    expect(world.lines).toEqual([
      '1 warn it was handled, but is handled twice if it is delivered again: the store gave no answer in time',
    ])
  })
})

it('requested leases count as running handlers, and many are requested at once', async () => {
  const clock = createFakeClock()
  let asking = 0
  let most = 0
  const store = slowStore(clock)
  const handled: HandledStore = {
    ...store,
    async begin(lease, times) {
      most = Math.max(most, ++asking)
      const begun = await store.begin(lease, times)
      asking--
      return begun
    },
  }
  const { world, deliver } = openFunction(() => {}, { clock, handled, concurrency: 10 })
  await deliver(Array.from({ length: 35 }, (_, index) => index))
  expect(most).toBe(10)
  expect(world.ended.length).toBe(35)
  expect(clock.now()).toBeLessThan(1_000_060)
  expect(world.idles).toBeLessThan(15)
})
