import fc from 'fast-check'
import { type Callback, type Context, Retry } from '../../src/topology/handler.ts'
import type { InputEvent } from '../../src/topology/topology.ts'

/** How a handler settles: before it returns, after some microtasks, by its callback, or after a timer. */
type Manner = 'sync' | 'promise' | 'callback' | 'timer'

interface RandomEmit {
  readonly topic: string
  readonly key: string | undefined
}

interface RandomProcessor {
  readonly name: string
  readonly manner: Manner
  readonly emits: readonly RandomEmit[]
  /** Of each 4 events, this many fail at first. */
  readonly failing: number
  /** How many attempts of those fail. */
  readonly failures: number
  /** They fail by `Retry`. */
  readonly asks: boolean
  readonly failsAfterEmits: boolean
  readonly retries: number
}

/** A stream; one with another `batch` has its own channel, beside the one of its receiver. */
export interface RandomStream {
  readonly from: string
  readonly to: string
  readonly topics?: readonly string[]
  readonly retries?: number | undefined
  readonly batch?: number | undefined
}

/** A topology of handlers whose behaviour depends on their event alone, and an input for it. */
export interface RandomTopology {
  readonly processors: readonly RandomProcessor[]
  readonly streams: readonly RandomStream[]
  readonly input: readonly InputEvent[]
  readonly concurrency: number
  /** Processors emit until an event has come through this many. */
  readonly depth: number
}

/** What handlers did in real time. */
export interface Watch {
  /** Handlers that have begun and not settled. */
  running: number
  /** What was wrong: two events of one key in one channel at once. */
  readonly overlaps: string[]
  /** Each call: its processor, its data, and its attempt. */
  readonly calls: string[]
}

/** Watches nothing yet. */
export function createWatch(): Watch {
  return { running: 0, overlaps: [], calls: [] }
}

const NAMES = ['a', 'b', 'c', 'd']
const topic = fc.constantFrom('x', 'y')
const key = fc.constantFrom(undefined, undefined, 'k', 'k', 'k', 'l')

const processorArbitrary = (name: string): fc.Arbitrary<RandomProcessor> =>
  fc.record({
    name: fc.constant(name),
    manner: fc.constantFrom<Manner>('sync', 'sync', 'promise', 'callback', 'timer'),
    emits: fc.array(fc.record({ topic, key }), { maxLength: 3 }),
    failing: fc.nat({ max: 3 }),
    failures: fc.nat({ max: 2 }),
    asks: fc.boolean(),
    failsAfterEmits: fc.boolean(),
    retries: fc.nat({ max: 3 }),
  })

const streamsArbitrary = (names: readonly string[]) => {
  const pairs = names.flatMap((from) => names.map((to) => ({ from, to })))
  return fc
    .subarray(pairs, { maxLength: Math.min(5, pairs.length) })
    .chain((chosen) => fc.tuple(...chosen.map(pairArbitrary)))
    .map((streams) => streams.flat())
}

/** One stream for all topics or for some, or one for each topic. */
const pairArbitrary = (pair: Pick<RandomStream, 'from' | 'to'>): fc.Arbitrary<RandomStream[]> => {
  const split = [['x'], ['y']]
  const topics = fc.constantFrom<(string[] | undefined)[]>([undefined], [['x']], [['y', 'x']], split, split)
  const settings = fc.record(
    { retries: fc.constantFrom(undefined, 0, 2), batch: fc.constantFrom(undefined, undefined, 7, 8) },
    { noNullPrototype: true },
  )
  return topics.chain((lists) =>
    fc.tuple(...lists.map((list) => settings.map((said) => ({ ...pair, ...(list && { topics: list }), ...said })))),
  )
}

/** The name of what carries a message to a receiver: the same for those that a deployed topology puts into one channel. */
export function channelOf(
  streams: readonly RandomStream[],
  { from, to, topic = '' }: { readonly from?: string; readonly to: string; readonly topic?: string },
): string {
  const over = streams.find((one) => one.from === from && one.to === to && (one.topics?.includes(topic) ?? true))
  return from === undefined ? `inputs→${to}` : `streams→${to} ${over?.batch ?? ''}`
}

/** Random DAGs, fans, cycles and self-loops of up to four processors, fed with up to six events. */
export const randomTopology: fc.Arbitrary<RandomTopology> = fc.integer({ min: 1, max: 4 }).chain((count) => {
  const names = NAMES.slice(0, count)
  const event = fc.record({ to: fc.constantFrom(...names), key })
  return fc.record({
    processors: fc.tuple(...names.map(processorArbitrary)),
    streams: streamsArbitrary(names),
    input: fc.array(event, { minLength: 1, maxLength: 6 }).map(named),
    concurrency: fc.constantFrom(1, 2, 3, 8, 256),
    depth: fc.integer({ min: 1, max: 2 }),
  })
})

function named(events: readonly { readonly to: string; readonly key: string | undefined }[]): InputEvent[] {
  return events.map(({ to, key: given }, index) => ({ to, event: `${index}`, ...(given && { key: given }) }))
}

/** How long it is until what failed is tried again: by its backoff at first, and where a handler asks for it. */
export interface Waits {
  readonly firstMs: number
  readonly askedMs: number
}

/**
 * Makes the topology's definition. Each emit's data is its own name: its parent's, and its place there. `pace` says
 * how long (in real time) each handler takes; no law may depend on it.
 */
export function definitionOf(
  { processors, streams, depth }: RandomTopology,
  pace: () => number,
  watch: Watch,
  { firstMs, askedMs }: Waits = { firstMs: 100, askedMs: 50 },
): object {
  return {
    backoff: { firstMs, maxMs: Math.max(60_000, firstMs), jitter: true },
    hopLimit: 100,
    streams,
    processors: Object.fromEntries(
      processors.map((processor) => [
        processor.name,
        {
          retries: processor.retries,
          handler: handlerOf(processor, { depth, pace, askedMs }, watched(watch, streams)),
        },
      ]),
    ),
  }
}

/** Marks the time between a handler's call and its settlement; returns what ends it. */
type Enter = (event: string, context: Context) => () => void

function watched(watch: Watch, streams: readonly RandomStream[]): Enter {
  const lanes = new Set<string>()
  return (event, { from, topic: over, processor, key: given, attempt }) => {
    watch.calls.push(`${processor} ${event} ${attempt}`)
    const to = { to: processor, ...(from && { from }), ...(over && { topic: over }) }
    const lane = given === undefined ? undefined : `${channelOf(streams, to)} ${given}`
    if (lane !== undefined && lanes.has(lane)) watch.overlaps.push(lane)
    if (lane !== undefined) lanes.add(lane)
    watch.running++
    return () => {
      watch.running--
      if (lane !== undefined) lanes.delete(lane)
    }
  }
}

interface HandlerParts extends Pick<Waits, 'askedMs'>, Pick<RandomTopology, 'depth'> {
  readonly pace: () => number
}

function handlerOf(processor: RandomProcessor, { depth, pace, askedMs }: HandlerParts, enter: Enter) {
  const { manner, emits, failsAfterEmits } = processor
  const work = (event: string, context: Context) => {
    const fails = failsNow(processor, event, context.attempt)
    if (context.hop <= depth && (failsAfterEmits || !fails)) {
      emits.forEach((emit, index) => {
        context.emit(emit.topic, `${event}.${processor.name}${index}`, emit.key === undefined ? {} : { key: emit.key })
      })
    }
    if (fails) throw processor.asks ? new Retry(askedMs) : new Error(`attempt ${context.attempt}`)
  }
  const start = (event: string, context: Context, settle: (finish: () => void) => unknown) => {
    const leave = enter(event, context)
    return settle(() => {
      try {
        work(event, context)
      } finally {
        leave()
      }
    })
  }
  const later = () => (manner === 'timer' ? delay(pace()) : microtasks(pace()))
  if (manner === 'callback') {
    return (event: string, context: Context, callback: Callback) =>
      start(
        event,
        context,
        (finish) =>
          void later()
            .then(finish)
            .then(() => callback(), callback),
      )
  }
  if (manner === 'sync') return (event: string, context: Context) => start(event, context, (finish) => finish())
  return (event: string, context: Context) => start(event, context, (finish) => later().then(finish))
}

function failsNow({ failing, failures }: RandomProcessor, event: string, attempt: number): boolean {
  let hash = 0
  for (const character of event) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return (hash >>> 3) % 4 < failing && attempt <= failures
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function microtasks(count: number): Promise<void> {
  for (let index = 0; index < count * 3; index++) await undefined
}
