import { describe, expect, it } from 'vitest'
import type { AttakError } from '../../../src/errors.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { type Context, Retry } from '../../../src/topology/handler.ts'
import { createFakeClock, type FakeClock } from '../../contract/clock.ts'
import { deliveryOf, openWorld, type Said, type World } from './world.ts'

const BACKOFF = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: false }

/** Delivers records of events to a handler, all in one invocation; returns what came of it. */
async function run(records: readonly unknown[][], handler: Said['handler'], said: Partial<Said> = {}) {
  const clock = said.clock ?? createFakeClock()
  const world = openWorld({ clock, handler, ...said })
  const deliveries = records.map((events, index) => deliveryOf(`r${index}`, events))
  const failed = await clock.until(world.deliver(deliveries))
  return { failed: [...failed], ended: world.ended, world, clock }
}

describe('a message is done', () => {
  it('when its handler has returned', async () => {
    const { failed, ended } = await run([[1, 2], [3]], () => {})
    expect(failed).toEqual([])
    expect(ended).toEqual(['1 ok', '2 ok', '3 ok'])
  })

  it('only when its emits are accepted', async () => {
    const { ended, clock } = await run([[1]], (_, context: Context) => void context.emit('t'), {
      accept: (clock) => clock.sleep(500),
    })
    expect(ended).toEqual(['1 ok'])
    expect(clock.now()).toBe(1_000_500)
  })

  it('when its failure is recorded after its last attempt', async () => {
    const handler = () => {
      throw new Error('no')
    }
    const { failed, ended, world } = await run([[1]], handler)
    expect(failed).toEqual([])
    expect(ended).toEqual(['1 failed'])
    expect(world.recorded).toEqual(['1'])
  })

  it.each([[null], [undefined], [0], ['text']])(
    'when its failure is recorded, even if %j was thrown',
    async (thrown) => {
      const { failed, world } = await run([[1]], () => {
        throw thrown
      })
      expect(failed).toEqual([])
      expect(world.recorded).toEqual(['1'])
    },
  )

  it('but is delivered again if its failure cannot be recorded', async () => {
    const handler = () => {
      throw new Error('no')
    }
    for (const recordFailure of [() => Promise.reject(new Error('full')), () => assertNever()]) {
      expect((await run([[1], [2]], handler, { recordFailure })).failed).toEqual(['r0', 'r1'])
    }
  })

  it('without running if it is for another processor', async () => {
    const { failed, ended } = await run([[1, 2]], () => {}, { isOurs: (data) => data === 2 })
    expect(failed).toEqual([])
    expect(ended).toEqual(['2 ok'])
  })
})

describe('a message that failed', () => {
  it('is retried in place after its wait, with its own copy of the event', async () => {
    const events: unknown[] = []
    const handler = (event: { list: number[] }, { attempt }: Context) => {
      events.push(structuredClone(event))
      event.list.push(attempt)
      if (attempt < 3) throw new Error('not yet')
    }
    const { ended, clock } = await run([[{ list: [] }]], handler, { policy: { retries: 2, backoff: BACKOFF } })
    expect(ended.map((text) => text.split(' ').at(-1))).toEqual(['retry', 'retry', 'ok'])
    expect(events).toEqual([{ list: [] }, { list: [] }, { list: [] }])
    expect(clock.now()).toBe(1_003_000)
  })

  it('waits as long as it asks, without using up its retries', async () => {
    let asked = 0
    const handler = () => {
      if (asked++ < 3) throw new Retry(700)
    }
    const { ended, clock } = await run([[1]], handler)
    expect(ended).toEqual(['1 retry', '1 retry', '1 retry', '1 ok'])
    expect(clock.now()).toBe(1_002_100)
  })

  it('is delivered again if its wait does not fit, and a warm function knows its attempts', async () => {
    const clock = createFakeClock()
    const attempts: number[] = []
    const handler = (_: unknown, { attempt }: Context) => {
      attempts.push(attempt)
      throw new Error('no')
    }
    const world = openWorld({
      clock,
      handler,
      forMs: 5000,
      policy: { retries: 1, backoff: { ...BACKOFF, firstMs: 7000 } },
    })
    const deliver = () => clock.until(world.deliver([deliveryOf('r0', [1])]))
    expect([...(await deliver())]).toEqual(['r0'])
    expect([...(await deliver())]).toEqual(['r0'])
    await clock.until(clock.sleep(4000))
    expect([...(await deliver())]).toEqual([])
    expect(attempts).toEqual([1, 2])
    expect(world.ended).toEqual(['1 postponed', '1 failed'])
  })

  it('only delays later messages with its key', async () => {
    const handler = (event: string, { attempt }: Context) => {
      if (event === 'k1' && attempt === 1) throw new Error('no')
    }
    const records = [
      ['k1', 'k2', 'l1'],
      ['k3', 'x'],
    ]
    const { ended } = await run(records, handler, { policy: { retries: 1, backoff: BACKOFF } })
    expect(ended).toEqual(['k1 retry', 'l1 ok', 'x ok', 'k1 ok', 'k2 ok', 'k3 ok'])
  })

  it('because of a refused emit is delivered again, and does not count as an attempt', async () => {
    const notAccepted = Object.assign(new Error('too much at once'), { code: 'EMIT_NOT_ACCEPTED' })
    const { failed, ended, world } = await run([['k1', 'k2']], (_, context: Context) => void context.emit('t'), {
      accept: () => Promise.reject(notAccepted),
    })
    expect(failed).toEqual(['r0'])
    expect(world.recorded).toEqual([])
    expect(ended).toEqual(['k1 postponed', 'k2 postponed'])
  })
})

const assertNever = (): never => {
  throw new Error('full')
}

describe('messages of one key', () => {
  it('start when the previous one has settled, even if its emits are in flight', async () => {
    const starts: number[] = []
    const clock = createFakeClock()
    const handler = async (_: string, context: Context) => {
      starts.push(clock.now() - 1_000_000)
      context.emit('t')
      await clock.sleep(10)
    }
    await run([['k1', 'k2', 'k3']], handler, { clock, accept: () => clock.sleep(1000) })
    expect(starts).toEqual([0, 10, 20])
  })

  it('do not start if an earlier one will be delivered again', async () => {
    const clock = createFakeClock()
    const handler = async (event: string, context: Context) => {
      context.emit('t', event)
      await clock.sleep(event === 'k2' ? 1000 : 10)
    }
    const notAccepted = Object.assign(new Error('too much at once'), { code: 'EMIT_NOT_ACCEPTED' })
    const accept = async (_: FakeClock, data: unknown) => {
      await clock.sleep(500)
      if (data === 'k1') throw notAccepted
    }
    const { failed, ended } = await run([['k1', 'k2', 'k3'], ['k4']], handler as never, { clock, accept })
    expect(failed).toEqual(['r0', 'r1'])
    expect(ended).toEqual(['k1 postponed', 'k2 ok'])
  })
})

describe('a thrown value', () => {
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const trapped = () =>
    new Proxy(new Error('no'), {
      has() {
        throw new Error('mine')
      },
    })

  it.each([
    ['a revoked Proxy', revoked],
    ['a Proxy whose trap throws', trapped],
  ])('%s fails its message, and the others are handled', async (_, thrown) => {
    for (const fail of [
      () => {
        throw thrown()
      },
      () => Promise.reject(thrown()),
      (_event: unknown, context: Context) => context.fail(thrown()),
    ]) {
      const clock = createFakeClock()
      const handler = (event: number, context: Context) => (event === 2 ? fail(event, context) : undefined)
      const { ended, failed } = await run([[1, 2, 3], [4]], handler, { clock })
      expect([...ended].sort()).toEqual(['1 ok', '2 failed', '3 ok', '4 ok'])
      expect([...failed]).toEqual([])
    }
  })
})

describe('when the time of the invocation is up', () => {
  const slow = (clock: ReturnType<typeof createFakeClock>, ms: number) => () => clock.sleep(ms)

  it('messages that would not end in time are not started, and whole records are delivered again', async () => {
    const clock = createFakeClock()
    const records = [[1, 2], ['k1', 'k2', 'k3'], [3]]
    const { failed, ended } = await run(records, slow(clock, 4000), { clock, forMs: 10_000, concurrency: 2 })
    expect(failed).toEqual(['r1'])
    expect(ended).toEqual(['1 ok', '2 ok', 'k1 ok', '3 ok'])
  })

  it('running messages are aborted and delivered again', async () => {
    const clock = createFakeClock()
    let aborted: unknown
    const handler = (_: unknown, { signal }: Context) => {
      signal.addEventListener('abort', () => {
        aborted = signal.reason
      })
      return clock.sleep(20_000)
    }
    const { failed } = await run([[1], [2]], handler, { clock, forMs: 10_000 })
    expect(failed).toEqual(['r0', 'r1'])
    expect(aborted).toMatchObject({ code: 'TIMEOUT' })
  })

  it('the invocation is answered even if a handler never settles', async () => {
    const clock = createFakeClock()
    const { failed, ended } = await run([[1], [2]], slow(clock, 1e9), { clock, forMs: 10_000, timeoutMs: 60_000 })
    expect(failed).toEqual(['r0', 'r1'])
    expect(ended).toEqual(['1 postponed', '2 postponed'])
    expect(clock.now()).toBeLessThan(1_010_000)
  })

  it('the invocation is answered even if emits are not accepted', async () => {
    const clock = createFakeClock()
    const accept = () => new Promise<void>(() => {})
    const said = { clock, forMs: 10_000, accept }
    const { failed } = await run([[1]], (_, context: Context) => void context.emit('t'), said)
    expect(failed).toEqual(['r0'])
    expect(clock.now()).toBeLessThan(1_010_000)
  })

  it('a record alone in its invocation fails its running message, so that the rest continues', async () => {
    const clock = createFakeClock()
    const world = openWorld({ clock, handler: slow(clock, 20_000), forMs: 10_000, timeoutMs: 60_000 })
    const deliver = (...records: string[]) =>
      clock.until(world.deliver(records.map((record) => deliveryOf(record, [record]))))
    expect([...(await deliver('a', 'b'))]).toEqual(['a', 'b'])
    expect([...(await deliver('a', 'b'))]).toEqual(['b'])
    expect([...(await deliver('b'))]).toEqual([])
    expect(world.recorded).toEqual(['a', 'b'])
    expect(world.errors.map((error) => (error as AttakError).code)).toEqual([
      'TIMEOUT',
      'TIMEOUT',
      'TIMEOUT',
      'TIMEOUT',
    ])
  })

  it('a record that had no time before gets the next invocation to itself', async () => {
    const clock = createFakeClock()
    const world = openWorld({ clock, handler: slow(clock, 20_000), forMs: 10_000, timeoutMs: 60_000 })
    const deliver = (...records: string[]) =>
      clock.until(world.deliver(records.map((record) => deliveryOf(record, [record]))))
    await deliver('a', 'b')
    expect([...(await deliver('a', 'b'))]).toEqual(['b'])
    expect([...(await deliver('c', 'b'))]).toEqual(['c'])
    expect(world.recorded).toEqual(['a', 'b'])
  })

  it('a finished record does not take the place of one that needs an invocation to itself', async () => {
    const clock = createFakeClock()
    const slowEvents = new Set<unknown>(['a', 'b'])
    const handler = (event: unknown) => clock.sleep(slowEvents.has(event) ? 20_000 : 0)
    const world = openWorld({ clock, handler, forMs: 10_000, timeoutMs: 60_000 })
    const deliver = () => clock.until(world.deliver([deliveryOf('a', ['a']), deliveryOf('b', ['b'])]))
    expect([...(await deliver())]).toEqual(['a', 'b'])
    slowEvents.delete('a')
    expect([...(await deliver())]).toEqual(['b'])
    expect(world.recorded).toEqual([])
    await deliver()
    expect(world.recorded).toEqual(['b'])
  })

  it('others start as soon as a record that had the invocation to itself is done', async () => {
    const clock = createFakeClock()
    const started: string[] = []
    let ms = 20_000
    const handler = async (event: unknown) => {
      started.push(`${event} ${clock.now() - sinceMs}`)
      await clock.sleep(ms)
    }
    const deliver = ({ deliver }: World) => clock.until(deliver([deliveryOf('a', ['a']), deliveryOf('b', ['b'])]))
    const short = openWorld({ clock, handler, forMs: 10_000, timeoutMs: 60_000 })
    let sinceMs = clock.now()
    expect([...(await deliver(short))]).toEqual(['a', 'b'])
    const long = Object.assign(openWorld({ clock, handler }), { progress: short.progress })
    ms = 1000
    sinceMs = clock.now()
    expect([...(await deliver(long))]).toEqual([])
    expect(started).toEqual(['a 0', 'b 0', 'a 0', 'b 1000'])
  })

  it('a late record that runs first overtakes no message with its keys', async () => {
    const clock = createFakeClock()
    const started: string[] = []
    const handler = (event: string, context: Context) => {
      started.push(event)
      if (event === 'l1') return context.emit('t')
      return clock.sleep(event === 'k3' ? 20_000 : 0)
    }
    const accept = () => Promise.reject(Object.assign(new Error('full'), { code: 'EMIT_NOT_ACCEPTED' }))
    const world = openWorld({ clock, handler, forMs: 10_000, timeoutMs: 60_000, accept })
    const records = [deliveryOf('a', ['l1']), deliveryOf('b', ['k1', 'l2']), deliveryOf('c', ['k3'])]
    expect([...(await clock.until(world.deliver(records)))]).toEqual(['a', 'b', 'c'])
    expect(started.splice(0)).toEqual(['l1', 'k1', 'k3'])
    await clock.until(world.deliver(records))
    expect(started).toEqual(['l1'])
  })

  it('a record that is delivered alone has the invocation to itself', async () => {
    const clock = createFakeClock()
    const said = { clock, forMs: 10_000, timeoutMs: 60_000 }
    const { failed, world } = await run([['a']], slow(clock, 20_000), said)
    expect(failed).toEqual([])
    expect(world.recorded).toEqual(['a'])
  })

  it('a message ends by its own timeout first', async () => {
    const clock = createFakeClock()
    const { ended } = await run([[1]], slow(clock, 2000), { clock, forMs: 10_000, timeoutMs: 1000 })
    expect(ended).toEqual(['1 failed'])
    expect(clock.now()).toBe(1_001_000)
  })

  it('a timeout is reported as it was set, even with a late clock, and the same in a simulation', async () => {
    const clock = createFakeClock()
    const late = { ...clock, after: (ms: number, call: () => void) => clock.after(ms + 1, call) }
    const { world } = await run([[1]], slow(clock, 9000), { clock: late, timeoutMs: 2000 })
    expect((world.errors[0] as AttakError).message).toMatch(/^"b" did not settle within 2 s \(message /)
  })

  it('a context has the remaining time: its own, or that of the invocation', async () => {
    const clock = createFakeClock()
    const left: number[] = []
    const handler = async (_: unknown, context: Context) => {
      left.push(context.getRemainingTimeInMillis())
      await clock.sleep(1000)
      left.push(context.getRemainingTimeInMillis())
    }
    await run([[1]], handler, { clock, forMs: 10_000, timeoutMs: 3000 })
    await run([[1]], handler, { clock, forMs: 10_000, timeoutMs: 30_000 })
    expect(left).toEqual([3000, 2000, 9000, 8000])
  })

  it('the time of a handler before its first wait counts only for itself', async () => {
    const clock = createFakeClock()
    let spentMs = 0
    const busy = { ...clock, now: () => clock.now() + spentMs }
    const left: number[] = []
    const waits: number[] = []
    const handler = (_: unknown, context: Context) => {
      left.push(context.getRemainingTimeInMillis())
      spentMs += 2000
      left.push(context.getRemainingTimeInMillis())
      throw new Error('no')
    }
    const keep = async ({ wait }: Message) => void waits.push(wait!.dueMs - busy.now())
    const policy = { retries: 1, backoff: { firstMs: 50_000, factor: 1, maxMs: 50_000, jitter: false } }
    await run([[1, 2]], handler, { clock: busy, forMs: 20_000, timeoutMs: 3000, policy, keep })
    expect(left).toEqual([3000, 1000, 3000, 1000])
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(48_000)
    expect(waits.at(-1)).toBe(50_000)
  })
})

describe('a warm function', () => {
  it('does not run finished messages of a pack again', async () => {
    const clock = createFakeClock()
    const world = openWorld({
      clock,
      forMs: 5000,
      handler: (event: number, { attempt }: Context) => {
        if (event === 2 && attempt === 1) throw new Retry(60_000)
      },
    })
    const deliver = () => clock.until(world.deliver([deliveryOf('r0', [1, 2, 3]), deliveryOf('r1', [4])]))
    expect([...(await deliver())]).toEqual(['r0'])
    await clock.until(clock.sleep(60_000))
    expect([...(await deliver())]).toEqual([])
    expect(world.ended).toEqual(['1 ok', '2 postponed', '3 ok', '4 ok', '2 ok'])
    expect(world.progress.records.size).toBe(0)
  })

  it('remembers only what is delivered again', async () => {
    const { world } = await run([[1], [2]], () => {})
    expect(world.progress.records.size).toBe(0)
  })
})

describe('an emit that handlers await', () => {
  const accept = (clock: FakeClock) => clock.sleep(5)

  it('is sent at once if each of them waits for it', async () => {
    const sent: number[] = []
    const clock = createFakeClock()
    const handler = async (_: unknown, context: Context) => {
      await context.emit('t')
      sent.push(world.idles)
      await Promise.all([context.emit('t'), context.emit('t')])
      sent.push(world.idles)
    }
    const world = openWorld({ clock, handler, accept })
    await clock.until(world.deliver([deliveryOf('r0', [1, 2]), deliveryOf('r1', [3])]))
    expect(sent).toEqual([1, 1, 1, 2, 2, 2])
  })

  it('waits for more emits if one of them waits for something else', async () => {
    const sent: number[] = []
    const clock = createFakeClock()
    const handler = async (event: number, context: Context) => {
      await (event === 1 ? context.emit('t') : clock.sleep(100))
      sent.push(world.idles)
    }
    const world = openWorld({ clock, handler, accept })
    await clock.until(world.deliver([deliveryOf('r0', [1, 2])]))
    expect(sent).toEqual([0, 0])
  })
})

describe('handlers that do not wait', () => {
  it('run within one turn, and their emits are sent at its end', async () => {
    const { world } = await run([[1, 2], [3]], (_, context: Context) => void context.emit('t'))
    expect(world.idles).toBe(1)
  })

  it('yield the thread from time to time', async () => {
    const clock = createFakeClock()
    let now = clock.now()
    const busy = { ...clock, now: () => now }
    let turns = 0
    const after = (ms: number, call: () => void) => {
      if (ms === 0) turns++
      return clock.after(ms, call)
    }
    const handler = () => {
      now += 4
    }
    const world = openWorld({ clock: { ...busy, after }, handler })
    await clock.until(
      world.deliver([
        deliveryOf(
          'r0',
          Array.from({ length: 12 }, (_, index) => index),
        ),
      ]),
    )
    expect(world.ended).toHaveLength(12)
    expect(turns).toBe(4)
  })
})
