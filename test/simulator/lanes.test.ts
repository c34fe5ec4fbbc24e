import { describe, expect, it } from 'vitest'
import { type Context, Retry } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

/** What `a` emits: `['x', 'k', 'one']` is the event `one` with the topic `x` and the key `k`. */
type Emits = readonly (readonly [topic: string, key: string | undefined, event: string])[]

const emitting = (emits: Emits) => (_: unknown, context: Context) => {
  for (const [topic, key, event] of emits) context.emit(topic, event, key === undefined ? {} : { key })
}

/** Fails the first attempt of these events. */
const failingOnce = (failing: readonly string[]) => (event: string, context: Context) => {
  if (context.attempt === 1 && failing.includes(event)) throw new Error('not yet')
}

const XY: Emits = [
  ['x', 'k', 'first'],
  ['y', 'k', 'second'],
]

/** The events in the order in which `processor` started them, each attempt of them. */
async function startsOf(
  streams: readonly object[],
  processors: Record<string, unknown>,
  { input = { a: 0 }, processor = 'c' }: { readonly input?: Record<string, unknown>; readonly processor?: string } = {},
) {
  const run = await runTopology({ processors, streams }, input)
  return run.of('start').flatMap((start) => (start.processor === processor ? [start.event] : []))
}

const fromAToC = (x: object, y: object) => [
  { from: 'a', to: 'c', topics: ['x'], ...x },
  { from: 'a', to: 'c', topics: ['y'], ...y },
]
const ordered = ['first', 'first', 'second']
const overtaken = ['first', 'second', 'first']

describe('events of one sender and key reach a receiver in order', () => {
  it.each([
    ['two streams with the same settings', fromAToC({ retries: 1 }, { retries: 1 })],
    ['two streams with different retries', fromAToC({ retries: 1 }, { retries: 7 })],
    ['two streams with different backoff', fromAToC({ retries: 1, backoff: { firstMs: 90_000 } }, {})],
    ['streams that name one channel', fromAToC({ retries: 1, stream: 'both' }, { stream: 'both' })],
    [
      'streams that say their default settings',
      fromAToC({ retries: 1, via: 'kinesis', batch: 100, pack: 25 }, { window: 0 }),
    ],
    ['two streams over one FIFO queue', fromAToC({ retries: 1, ...fifo() }, fifo())],
    [
      'streams that share a channel with other receivers',
      [...fromAToC({ retries: 1, stream: 's' }, { stream: 's' }), { from: 'a', to: 'd', stream: 's' }],
    ],
  ])('while a retry waits: %s', async (_, streams) => {
    const processors = { a: emitting(XY), c: failingOnce(['first']), d: () => {} }
    expect(await startsOf(streams, processors)).toEqual(ordered)
  })

  it('while a handler waits for its own time choice', async () => {
    const c = (event: string, context: Context) => {
      if (event === 'first' && context.attempt === 1) throw new Retry(3_000_000)
    }
    expect(await startsOf(fromAToC({}, {}), { a: emitting(XY), c })).toEqual(ordered)
  })

  it('while a handler takes real time', async () => {
    const settled: string[] = []
    const c = async (event: string) => {
      if (event === 'first') await new Promise((resolve) => setTimeout(resolve, 5))
      settled.push(event)
    }
    await runTopology({ processors: { a: emitting(XY), c }, streams: fromAToC({}, {}) }, { a: 0 })
    expect(settled).toEqual(['first', 'second'])
  })

  it('until the first has failed for good', async () => {
    const c = (event: string) => {
      if (event === 'first') throw new Error('never')
    }
    expect(await startsOf(fromAToC({ retries: 1 }, {}), { a: emitting(XY), c })).toEqual(ordered)
  })

  it('over streams from a processor to itself', async () => {
    const a = (event: unknown, context: Context) => {
      if (event === 0) emitting(XY)(event, context)
      else failingOnce(['first'])(event as string, context)
    }
    const streams = ['x', 'y'].map((topic) => ({ from: 'a', to: 'a', topics: [topic], retries: 1 }))
    expect(await startsOf(streams, { a }, { processor: 'a' })).toEqual([0, ...ordered])
  })
})

describe('events are not held up by each other', () => {
  it.each([
    ['carried by different carriers', fromAToC({ retries: 1 }, { ...fifo() })],
    ['in batches of different size', fromAToC({ retries: 1, batch: 5 }, {})],
    ['in channels of different names', fromAToC({ retries: 1, stream: 'one' }, { stream: 'two' })],
    ['in a channel with a name and in one without', fromAToC({ retries: 1, stream: 'one' }, {})],
  ])('over two streams %s', async (_, streams) => {
    expect(await startsOf(streams, { a: emitting(XY), c: failingOnce(['first']) })).toEqual(overtaken)
  })

  it('with different keys, or without a key', async () => {
    const keys = ['k', undefined, 'l'] as const
    const a = emitting(keys.map((key) => ['x', key, String(key)]))
    const starts = await startsOf(fromAToC({ retries: 1 }, {}), { a, c: failingOnce(['k', 'undefined']) })
    expect(starts.slice(0, 3)).toEqual(['k', 'undefined', 'l'])
  })

  it('at different receivers of one channel', async () => {
    const streams = ['c', 'd'].map((to) => ({ from: 'a', to, stream: 's', retries: 1 }))
    const processors = { a: emitting(XY), c: failingOnce(['first']), d: () => {} }
    const run = await runTopology({ processors, streams }, { a: 0 })
    const atOnce = run.of('start').filter(({ processor, at }) => processor === 'd' && at === 0)
    expect(atOnce.map(({ event }) => event)).toEqual(['first', 'second'])
  })
})

it('a receiver handles the events of one key in one channel one at a time, whoever sent them', async () => {
  const streams = ['a', 'b'].map((from) => ({ from, to: 'c', retries: 1 }))
  const processors = {
    a: emitting([['x', 'k', 'of a']]),
    b: emitting([['x', 'k', 'of b']]),
    c: failingOnce(['of a']),
  }
  expect(await startsOf(streams, processors, { input: { a: 0, b: 0 } })).toEqual(['of a', 'of a', 'of b'])
})

it('order per key is the same with one handler at a time', async () => {
  const processors = { a: emitting([...XY, ['x', undefined, 'other']]), c: failingOnce(['first']) }
  const run = await runTopology({ processors, streams: fromAToC({ retries: 1 }, {}) }, { a: 0 }, { concurrency: 1 })
  const starts = run.of('start').flatMap(({ processor, event }) => (processor === 'c' ? [event] : []))
  expect(starts).toEqual(['first', 'other', 'first', 'second'])
})

function fifo() {
  return { via: 'sqs', fifo: true }
}
