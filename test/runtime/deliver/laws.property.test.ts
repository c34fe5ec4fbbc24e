import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../../src/runtime/deliver/progress.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { type Context, Retry } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { at } from '../../contract/position.ts'
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
  /** For each invocation, whether the function of the previous one receives it. */
  readonly warm: readonly boolean[]
  /** Whether a queue for retries keeps what it is handed, one after the other; there is none by default. */
  readonly keeps: readonly boolean[]
  /** How much of a delay it holds a message back. */
  readonly holds: number
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
  keeps: fc.constantFrom([], [true], [true], [true, false]),
  holds: fc.constantFrom(1, 1, 0.5, 0),
})

interface Observed {
  /** `start`, `settle` and `accept` of an event, and `ack` of a record, in order; one list for each invocation. */
  readonly invocations: readonly (readonly string[])[]
  readonly acknowledged: ReadonlySet<string>
  readonly overlaps: readonly string[]
  readonly late: readonly string[]
  readonly recorded: readonly string[]
  readonly mostAtOnce: number
  /** Events that were kept in the queue for retries. */
  readonly kept: readonly string[]
  /** Events that were handled, with their emits accepted. */
  readonly done: readonly string[]
  /** Attempts beyond those that a policy allows, and those by Retry. */
  readonly excess: readonly string[]
  /** Of the records acknowledged, the messages that were neither complete nor recorded nor kept by then. */
  readonly lost: readonly string[]
}

/** So many invocations show a law; where all is to come to an end, waits of a minute in each take more. */
const MOST_INVOCATIONS = 40
const ENOUGH_TO_END = 2000

const nameOf = (event: string, { attempt }: Context) => `${event}#${attempt}`

/** Delivers all records, and again what is not acknowledged, until all is. */
async function observe(scenario: Scenario, most: number): Promise<Observed> {
  const { records, retries, concurrency, forMs, timeoutMs, source, keeps } = scenario
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
  const queue: { message: Message; visibleMs: number; record: string }[] = []
  const kept: string[] = []
  const excess: string[] = []
  const lost: string[] = []
  const asked = new Map<string, number>()
  let handedOver = 0
  let sent = 0

  const handler = (event: string, context: Context, callback: (error?: unknown) => void) => {
    const { attempts, key } = behaviours.get(event)!
    const { takesMs, manner, ends, emitsMs, awaitsEmit } = attempts[Math.min(context.attempt, attempts.length) - 1]!
    steps.push(`start ${event}`)
    if (context.attempt > retries + 1 + (asked.get(event) ?? 0)) excess.push(nameOf(event, context))
    if (ends === 'asking') asked.set(event, (asked.get(event) ?? 0) + 1)
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

  const keep = async (message: Message) => {
    await clock.sleep(20)
    if (keeps[handedOver++ % keeps.length] !== true) throw new Error('the queue is full')
    const delayMs = Math.max(0, message.wait!.dueMs - clock.now())
    queue.push({ message, visibleMs: clock.now() + scenario.holds * delayMs, record: `q${sent++}` })
    kept.push(String(message.data))
  }

  const world = openWorld({
    clock,
    handler,
    policy: { retries, backoff: { firstMs: scenario.firstMs, factor: 2, maxMs: 60_000, jitter: false } },
    forMs,
    timeoutMs,
    concurrency,
    ...(keeps.length > 0 && { keep }),
    accept: async (_, data) => {
      const { emit, ms } = data as { emit: string; ms: number }
      await clock.sleep(Math.abs(ms))
      if (ms >= 0) steps.push(`accept ${emit}`)
      else throw Object.assign(new Error('too much at once'), { code: 'EMIT_NOT_ACCEPTED' })
    },
  })

  const isDone = (event: string) => {
    const { attempts } = behaviours.get(event)!
    return [...invocations.flat()].some((step) => {
      const [, settled = '', attempt = ''] = /^settle (.*)#(\d+) well$/.exec(step) ?? []
      if (settled !== event) return false
      const { emitsMs } = attempts[Math.min(Number(attempt), attempts.length) - 1]!
      return emitsMs === undefined || invocations.flat().includes(`accept ${event}#${attempt}`)
    })
  }
  const isKeptSafe = (event: string) => world.recorded.includes(event) || kept.includes(event) || isDone(event)

  const deliverQueue = async () => {
    const visible = queue.filter(({ visibleMs }) => visibleMs <= clock.now()).slice(0, 10)
    if (visible.length === 0) return
    const taken = visible.map(({ message, record }) => ({
      record,
      position: at(`retry/${record}`),
      messages: [message],
    }))
    const before = kept.length
    const failed = await clock.until(world.deliver(taken, { keyed: true }))
    for (const item of visible) {
      if (failed.has(item.record)) continue
      queue.splice(queue.indexOf(item), 1)
      const event = String(item.message.data)
      if (!kept.slice(before).includes(event) && !world.recorded.includes(event) && !isDone(event)) lost.push(event)
    }
  }

  for (let round = 0; deliveries.length > 0 || queue.length > 0; round++) {
    if (round === most) break
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
    for (const { record, events } of deliveries) {
      if (failed.has(record)) continue
      acknowledged.add(record)
      for (const event of events) if (!isKeptSafe(event)) lost.push(event)
    }
    deliveries = again
    keysAtWork.clear()
    await deliverQueue()
    await clock.until(clock.sleep(5000))
  }
  const done = [...behaviours.keys()].filter(isDone)
  return { invocations, acknowledged, overlaps, late, recorded: world.recorded, mostAtOnce, kept, excess, lost, done }
}

/** Scenarios that end: the function stays warm, all that it sends is accepted, and nobody asks for a retry for ever. */
const endingScenario = scenario.map((said): Scenario => {
  const ending = ({ key, attempts }: Behaviour): Behaviour => ({
    key,
    attempts: attempts.map(({ emitsMs, ends, ...attempt }, index) => ({
      ...attempt,
      emitsMs: emitsMs && Math.abs(emitsMs),
      ends: ends === 'asking' && index === attempts.length - 1 ? 'badly' : ends,
    })),
  })
  const records = said.records.map((record) => record.map(ending))
  return { ...said, records, warm: [true], keeps: said.keeps.filter((keeps) => keeps) }
})

/** Holds a law for random records, handlers, waits and refusals. */
function always(
  law: (observed: Observed, scenario: Scenario) => void,
  from = scenario,
  most = MOST_INVOCATIONS,
): Promise<void> {
  const property = fc.asyncProperty(from, async (said) => law(await observe(said, most), said))
  return fc.assert(property, { numRuns: 80 })
}

const eventsOf = ({ records }: Scenario) =>
  records.map((messages, index) => messages.map(({ key }, place) => `${key}r${index}.${place}`))

describe('with any handlers and any redeliveries', () => {
  it('an acknowledged message is complete, recorded as failed, or kept for later: nothing is lost', () =>
    always(({ lost }) => {
      expect(lost).toEqual([])
    }))

  it('messages that leave their stream have no key, and no message has more attempts than its policy and its Retries allow', () =>
    always(({ kept, excess }) => {
      expect(kept.filter((event) => /^[kl]/.test(event))).toEqual([])
      expect(excess).toEqual([])
    }))

  it('everything ends if the function stays warm and its emits are accepted', () =>
    always(
      ({ acknowledged, recorded, done }, said) => {
        expect(acknowledged.size).toBe(said.records.length)
        expect(new Set([...recorded, ...done])).toEqual(new Set(eventsOf(said).flat()))
      },
      endingScenario,
      ENOUGH_TO_END,
    ))

  it('messages with one key never run at once, and never more than allowed', () =>
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
