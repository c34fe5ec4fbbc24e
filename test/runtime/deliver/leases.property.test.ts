import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HandledStore } from '../../../src/runtime/handled.ts'
import { createMemoryHandled } from '../../../src/stores/memory/handled.ts'
import type { Context } from '../../../src/topology/handler.ts'
import { createFakeClock, type FakeClock } from '../../contract/clock.ts'
import { deliveryOf, openWorld } from './world.ts'

/** A message: how long its handler takes, how often that fails, and how long its emit does. */
interface Behaviour {
  readonly key: '' | 'k' | 'l'
  readonly takesMs: number
  readonly failures: number
  readonly emitMs: number
}

/** An invocation, which gets some records whatever became of them before. */
interface Start {
  readonly atMs: number
  /** The records it gets, from one on; more than there are begin again. */
  readonly from: number
  readonly count: number
  /** When its function ends, while it runs. */
  readonly crashesMs: number | undefined
}

interface Scenario {
  readonly records: readonly (readonly Behaviour[])[]
  readonly starts: readonly Start[]
  readonly storeMs: number
  readonly retries: number
  readonly concurrency: number
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  key: fc.constantFrom('', '', 'k', 'l'),
  takesMs: fc.constantFrom(0, 0, 3, 400, 9000),
  failures: fc.constantFrom(0, 0, 0, 1, 3),
  emitMs: fc.constantFrom(0, 4, 300),
})

const start = (crashesMs: fc.Arbitrary<number | undefined>): fc.Arbitrary<Start> =>
  fc.record({
    atMs: fc.constantFrom(0, 1, 7, 350, 5000, 12_000),
    from: fc.nat({ max: 5 }),
    count: fc.integer({ min: 1, max: 5 }),
    crashesMs,
  })

const scenarioOf = (crashesMs: fc.Arbitrary<number | undefined>): fc.Arbitrary<Scenario> =>
  fc.record({
    records: fc.array(fc.array(behaviour, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
    starts: fc.array(start(crashesMs), { minLength: 1, maxLength: 6 }),
    storeMs: fc.constantFrom(0, 2, 40),
    retries: fc.nat({ max: 2 }),
    concurrency: fc.constantFrom(1, 3, 100),
  })

const FOR_MS = 60_000
const MOST_ROUNDS = 20

/** How often each event was handled well, and which were recorded as failed. */
interface Observed {
  readonly handled: ReadonlyMap<string, number>
  readonly recorded: ReadonlySet<string>
  readonly acknowledged: ReadonlySet<number>
  /** Keys of which two were handled at the same time. */
  readonly overlaps: readonly string[]
}

/** Starts the invocations, then more for what is not acknowledged, and at last one for all. */
async function observe({ records, starts, storeMs, retries, concurrency }: Scenario): Promise<Observed> {
  const clock = createFakeClock()
  const store = createMemoryHandled({ now: clock.now, ttlMs: 3_600_000 })
  const behaviours = new Map<string, Behaviour>()
  const deliveries = records.map((messages, index) => {
    const events = messages.map((one, place) => `${one.key}r${index}.${place}`)
    for (const [place, event] of events.entries()) behaviours.set(event, messages[place]!)
    return () => deliveryOf(`r${index}`, events)
  })
  const tries = new Map<string, number>()
  const handled = new Map<string, number>([...behaviours.keys()].map((event) => [event, 0]))
  const recorded = new Set<string>()
  const acknowledged = new Set<number>()
  const atWork = new Map<string, string>()
  const overlaps: string[] = []

  const invoke = async (places: readonly number[], crashesMs?: number) => {
    const life = { isOver: false }
    const own = mortal(clock, life)
    const mine = new Set<string>()
    const handler = async (event: string, context: Context) => {
      const { key, takesMs, failures, emitMs } = behaviours.get(event)!
      if (key !== '' && atWork.has(key)) overlaps.push(`${event} beside ${atWork.get(key)}`)
      if (key !== '') atWork.set(key, event)
      mine.add(key)
      if (takesMs > 0) await own.sleep(takesMs)
      await context.emit('t', emitMs)
      if (atWork.get(key) === event) atWork.delete(key)
      const tried = (tries.get(event) ?? 0) + 1
      tries.set(event, tried)
      if (tried <= failures) throw new Error('no')
      handled.set(event, handled.get(event)! + 1)
    }
    const world = openWorld({
      clock: own,
      handler,
      handled: overNetwork(store, own, storeMs),
      policy: { retries, backoff: { firstMs: 700, factor: 2, maxMs: 60_000, jitter: false } },
      forMs: FOR_MS,
      concurrency,
      accept: (_, ms) => own.sleep(ms as number),
    })
    const crash = new Promise<undefined>((resolve) => {
      if (crashesMs === undefined) return
      clock.after(crashesMs, () => {
        life.isOver = true
        for (const key of mine) atWork.delete(key)
        resolve(undefined)
      })
    })
    const failed = await Promise.race([world.deliver(places.map((place) => deliveries[place]!())), crash])
    if (failed === undefined) return
    life.isOver = true
    for (const event of world.recorded) recorded.add(event)
    for (const place of places) if (!failed.has(`r${place}`)) acknowledged.add(place)
  }

  const all = deliveries.map((_, place) => place)
  const first = starts.map(async ({ atMs, from, count, crashesMs }) => {
    await clock.sleep(atMs)
    const places = all.slice(0, count).map((_, index) => (from + index) % all.length)
    await invoke(
      places.sort((a, b) => a - b),
      crashesMs,
    )
  })
  await clock.until(Promise.all(first))
  for (let round = 0; round < MOST_ROUNDS && acknowledged.size < all.length; round++) {
    await clock.until(invoke(all.filter((place) => !acknowledged.has(place))))
    await clock.until(clock.sleep(1000))
  }
  await clock.until(invoke(all))
  return { handled, recorded, acknowledged, overlaps }
}

/** A clock that stops for a function that has ended. */
function mortal(clock: FakeClock, life: { readonly isOver: boolean }): FakeClock {
  const after: FakeClock['after'] = (ms, call) => clock.after(ms, () => void (life.isOver || call()))
  return { ...clock, after, sleep: (ms) => new Promise((resolve) => after(ms, resolve)) }
}

/** A store that is some milliseconds away, there and back: its call may have arrived although the function has ended. */
function overNetwork(store: HandledStore, clock: FakeClock, ms: number): HandledStore {
  const there = async <T>(call: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms)
    const answer = await call()
    await clock.sleep(ms)
    return answer
  }
  return {
    lease: store.lease,
    begin: (lease, times) => there(() => store.begin(lease, times)),
    done: (lease, within) => there(() => store.done(lease, within)),
    release: (lease, within) => there(() => store.release(lease, within)),
  }
}

const crashes = fc.constantFrom(undefined, 1, 3, 5, 60, 401, 9003, 9100)

it('every message is handled at least once or recorded as failed, with any crashes and redeliveries', () =>
  fc.assert(
    fc.asyncProperty(scenarioOf(crashes), async (scenario) => {
      const { handled, recorded, acknowledged } = await observe(scenario)
      expect(acknowledged.size).toBe(scenario.records.length)
      for (const [event, times] of handled) expect(times > 0 || recorded.has(event), event).toBe(true)
    }),
    { numRuns: 100 },
  ))

it('without a crash no message is handled twice, with any number of deliveries to any functions', () =>
  fc.assert(
    fc.asyncProperty(scenarioOf(fc.constant(undefined)), async (scenario) => {
      const { handled, recorded, overlaps } = await observe(scenario)
      for (const [event, times] of handled) {
        expect(times, event).toBeLessThanOrEqual(1)
        expect(times === 1 || recorded.has(event), event).toBe(true)
      }
      const isOne = scenario.starts.length === 1
      if (isOne) expect(overlaps).toEqual([])
    }),
    { numRuns: 100 },
  ))
