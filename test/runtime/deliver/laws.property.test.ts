import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../../src/runtime/deliver/progress.ts'
import { type Context, Retry } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { deliveryOf, openWorld } from './world.ts'

/** What one attempt does. */
interface Attempt {
  readonly takesMs: number
  readonly manner: 'sync' | 'promise' | 'callback'
  readonly ends: 'well' | 'badly' | 'asking'
  /** How long its emit takes to be accepted; negative: and then it is not. */
  readonly emitsMs: number | undefined
  readonly awaitsEmit: boolean
}

/** A message that behaves so on each of its attempts; the last one again and again. */
interface Behaviour {
  readonly key: '' | 'k' | 'l'
  readonly attempts: readonly Attempt[]
}

interface Scenario {
  readonly records: readonly (readonly Behaviour[])[]
  readonly retries: number
  readonly firstMs: number
  readonly concurrency: number
  readonly forMs: number
  readonly timeoutMs: number
  /** What comes again: from the first failed record on (as of a shard), or the failed ones (as of a queue). */
  readonly source: 'shard' | 'queue'
  /** For each invocation, whether it comes to the function that had the one before. */
  readonly warm: readonly boolean[]
}

const attempt: fc.Arbitrary<Attempt> = fc.record({
  takesMs: fc.constantFrom(0, 0, 10, 900, 4000, 60_000),
  manner: fc.constantFrom('sync', 'promise', 'callback'),
  ends: fc.constantFrom('well', 'well', 'well', 'badly', 'asking'),
  emitsMs: fc.constantFrom(undefined, 0, 5, 300, -300),
  awaitsEmit: fc.boolean(),
})
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  key: fc.constantFrom('', '', 'k', 'l'),
  attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
})
const scenario: fc.Arbitrary<Scenario> = fc.record({
  records: fc.array(fc.array(behaviour, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
  retries: fc.nat({ max: 2 }),
  firstMs: fc.constantFrom(1, 1000, 20_000),
  concurrency: fc.constantFrom(1, 2, 100),
  forMs: fc.constantFrom(3000, 10_000, 60_000),
  timeoutMs: fc.constantFrom(500, 5000, 30_000),
  source: fc.constantFrom('shard', 'queue'),
  warm: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
})

interface Observed {
  /** `start`, `settle` and `accept` of an event, and `ack` of a record, in order; one list for each invocation. */
  readonly invocations: readonly (readonly string[])[]
  readonly acknowledged: ReadonlySet<string>
  readonly overlaps: readonly string[]
  readonly late: readonly string[]
  readonly recorded: readonly string[]
  readonly mostAtOnce: number
}

const MOST_INVOCATIONS = 40

const nameOf = (event: string, { attempt }: Context) => `${event}#${attempt}`

/** Delivers all records, and again what is not acknowledged, until nothing is left. */
async function observe(scenario: Scenario): Promise<Observed> {
  const { records, retries, concurrency, forMs, timeoutMs, source } = scenario
  const clock = createFakeClock()
  const behaviours = new Map<string, Behaviour>()
  let deliveries = records.map((messages, index) => ({
    record: `r${index}`,
    events: messages.map((message, place) => {
      const event = `${message.key}r${index}.${place}`
      behaviours.set(event, message)
      return event
    }),
  }))
  const invocations: string[][] = []
  const acknowledged = new Set<string>()
  const overlaps: string[] = []
  const late: string[] = []
  const keysAtWork = new Map<string, string>()
  let steps: string[] = []
  let atOnce = 0
  let mostAtOnce = 0

  const handler = (event: string, context: Context, callback: (error?: unknown) => void) => {
    const { attempts, key } = behaviours.get(event)!
    const { takesMs, manner, ends, emitsMs, awaitsEmit } = attempts[Math.min(context.attempt, attempts.length) - 1]!
    steps.push(`start ${event}`)
    mostAtOnce = Math.max(mostAtOnce, ++atOnce)
    if (key !== '' && keysAtWork.has(key)) overlaps.push(`${event} beside ${keysAtWork.get(key)}`)
    if (key !== '') keysAtWork.set(key, event)
    let isOpen = true
    const settle = (how: 'well' | 'badly') => {
      if (!isOpen) return
      isOpen = false
      atOnce--
      if (keysAtWork.get(key) === event) keysAtWork.delete(key)
      steps.push(`settle ${nameOf(event, context)} ${how}`)
    }
    context.signal.addEventListener('abort', () => settle('badly'))
    const end = () => {
      settle(ends === 'well' ? 'well' : 'badly')
      if (ends === 'badly') throw new Error('no')
      if (ends === 'asking') throw new Retry(500)
    }
    const emitted = emitsMs === undefined ? undefined : context.emit('t', { emit: nameOf(event, context), ms: emitsMs })
    const work = async () => {
      if (takesMs > 0) await clock.sleep(takesMs)
      if (awaitsEmit) {
        try {
          await emitted
        } catch (error) {
          settle('badly')
          throw error
        }
      }
      end()
    }
    if (manner === 'promise') return work()
    if (manner === 'callback') {
      work().then(() => callback(), callback)
      return undefined
    }
    try {
      end()
      callback()
    } catch (error) {
      callback(error)
    }
    return undefined
  }

  const world = openWorld({
    clock,
    handler,
    policy: { retries, backoff: { firstMs: scenario.firstMs, factor: 2, maxMs: 60_000, jitter: false } },
    forMs,
    timeoutMs,
    concurrency,
    accept: async (_, data) => {
      const { emit, ms } = data as { emit: string; ms: number }
      await clock.sleep(Math.abs(ms))
      if (ms >= 0) steps.push(`accept ${emit}`)
      else throw Object.assign(new Error('too much at once'), { code: 'EMIT_NOT_ACCEPTED' })
    },
  })

  for (let round = 0; deliveries.length > 0; round++) {
    if (round === MOST_INVOCATIONS) break
    steps = []
    invocations.push(steps)
    keysAtWork.clear()
    atOnce = 0
    if (scenario.warm[round % scenario.warm.length] !== true) world.progress = createProgress()
    const endsMs = clock.now() + forMs
    const failed = await clock.until(world.deliver(deliveries.map(({ record, events }) => deliveryOf(record, events))))
    if (clock.now() >= endsMs) late.push(`invocation ${round} by ${clock.now() - endsMs} ms`)
    const first = deliveries.findIndex(({ record }) => failed.has(record))
    const again = deliveries.filter(({ record }, index) =>
      source === 'queue' ? failed.has(record) : first >= 0 && index >= first,
    )
    for (const { record } of deliveries) if (!failed.has(record)) acknowledged.add(record)
    deliveries = again
    await clock.until(clock.sleep(5000))
  }
  return { invocations, acknowledged, overlaps, late, recorded: world.recorded, mostAtOnce }
}

/** Holds a law for random records, handlers, waits and refusals. */
function always(law: (observed: Observed, scenario: Scenario) => void): Promise<void> {
  const property = fc.asyncProperty(scenario, async (said) => law(await observe(said), said))
  return fc.assert(property, { numRuns: 80 })
}

const eventsOf = ({ records }: Scenario) =>
  records.map((messages, index) => messages.map(({ key }, place) => `${key}r${index}.${place}`))

describe('whatever handlers do, and however often a record comes again', () => {
  it('what is acknowledged is complete, or was recorded as failed: nothing is lost', () =>
    always(({ acknowledged, invocations, recorded }, { records }) => {
      const steps = new Set(invocations.flat())
      const isComplete = ({ key, attempts }: Behaviour, place: string) =>
        [...steps].some((step) => {
          const [, event = '', attempt = ''] = /^settle (.*)#(\d+) well$/.exec(step) ?? []
          if (event !== key + place) return false
          const { emitsMs } = attempts[Math.min(Number(attempt), attempts.length) - 1]!
          return emitsMs === undefined || steps.has(`accept ${event}#${attempt}`)
        })
      records.forEach((messages, index) => {
        if (!acknowledged.has(`r${index}`)) return
        messages.forEach((message, place) => {
          const name = `r${index}.${place}`
          expect(recorded.includes(message.key + name) || isComplete(message, name), name).toBe(true)
        })
      })
    }))

  it('all comes to an end where the function stays warm and what it emits is accepted', () =>
    always(({ acknowledged }, { records, warm }) => {
      const isEndless = ({ attempts }: Behaviour) =>
        attempts.some(({ emitsMs = 0 }) => emitsMs < 0) || attempts.at(-1)?.ends === 'asking'
      if (warm.includes(false) || records.flat().some(isEndless)) return
      expect(acknowledged.size).toBe(records.length)
    }))

  it('messages of one key never run at once, and not more at all than are allowed', () =>
    always(({ overlaps, mostAtOnce }, { concurrency }) => {
      expect(overlaps).toEqual([])
      expect(mostAtOnce).toBeLessThanOrEqual(concurrency)
    }))

  it('messages of one key start in their order, in every invocation', () =>
    always(({ invocations }, said) => {
      const order = eventsOf(said).flat()
      for (const key of ['k', 'l']) {
        for (const steps of invocations) {
          const started = steps.flatMap((step) =>
            step.startsWith(`start ${key}`) ? [order.indexOf(step.slice(6))] : [],
          )
          expect(started).toEqual([...started].sort((a, b) => a - b))
        }
      }
    }))

  it('the answer comes before the platform ends the invocation', () =>
    always(({ late }) => {
      expect(late).toEqual([])
    }))
})
