import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'
import { leastRetention } from '../../src/topology/carrier-rules.ts'
import { batchRecords } from '../../src/topology/channels.ts'
import { knownSettings } from '../../src/topology/known-settings.ts'

const parse = (given: object) =>
  parseTopology(
    { name: 't', processors: { a: './a', b: './b', c: './c' }, ...given },
    { file: 't.json', modulesIn: () => undefined },
  )

/** Returns the problems of a stream from `a` to `b` that has these settings. */
function toldOf(settings: object, topology: object = {}): readonly string[] {
  return parse({ streams: [{ from: 'a', to: 'b', ...settings }], ...topology }).problems.map(
    ({ where, what, remedy }) => `${where}: ${what.replace(' (t.json)', '')}. ${remedy}`,
  )
}

describe('settings of a stream that contradict each other are reported, each with a remedy', () => {
  it.each<[object, string]>([
    [
      { fifo: true },
      `stream "a → b": fifo works only with sqs, which nothing here uses. Set via: 'sqs', or remove fifo.`,
    ],
    [
      { via: 'sqs', shards: 2 },
      `stream "a → b": shards works only with kinesis, which nothing here uses. Set via: 'kinesis', or remove shards.`,
    ],
    [
      { via: 'sqs', batch: 300 },
      'stream "a → b": batch 300 is 12 records of pack 25, and sqs delivers at most 10 at once without a window. Set window to 1 or more, batch lower, or pack higher.',
    ],
    [
      { via: 'sqs', fifo: true, batch: 11, pack: 1 },
      'stream "a → b": batch 11 is 11 records of pack 1, and sqs with fifo: true delivers at most 10 at once. Set batch to 10 or less, or pack higher.',
    ],
    [
      { via: 'sqs', fifo: true, window: 1 },
      'stream "a → b": sqs with fifo: true takes no window. Remove window, or fifo.',
    ],
    [
      { via: 'sqs', retention: 337 },
      'stream "a → b": retention must be from 1 to 336 over sqs; got 337. Set retention to a value in that range, or leave it out.',
    ],
    [
      { via: 'sqs', maximumRetryAttempts: -1 },
      'stream "a → b": maximumRetryAttempts must be from 0 to 999 over sqs; got -1. Set maximumRetryAttempts to a value in that range, or leave it out.',
    ],
    [
      { retention: 24, maximumRecordAge: 86_400 },
      'stream "a → b": retention is 24 hours, which is too short: a message that is given up after maximumRecordAge (86400 s) must stay in the stream for as long again. Set retention to 48 or more, or maximumRecordAge lower.',
    ],
    [
      { filters: [{ type: ['x'] }], pack: 2 },
      'stream "a → b": filters need one message per record, and pack puts several into one. Set pack to 1, or leave it out, or remove filters.',
    ],
    [
      { via: 'sqs', maximumConcurrency: 5, provisionedPollers: { minimum: 2, maximum: 5 } },
      'stream "a → b": maximumConcurrency and provisionedPollers exclude each other. Keep one of them.',
    ],
    [{ via: 'SQS' }, 'stream "a → b": via must be "kinesis" or "sqs"; got "SQS". Did you mean "sqs"?'],
  ])('%j', (settings, told) => {
    expect(toldOf(settings)).toEqual([told])
  })

  it.each([
    { via: 'sqs', batch: 250 },
    { via: 'sqs', batch: 251, window: 1 },
    { via: 'sqs', fifo: true, batch: 10, pack: 1 },
    { via: 'sqs', fifo: true, pack: 1 },
    { via: 'sqs', maximumConcurrency: 2 },
    { maximumRecordAge: 86_400 },
    { filters: [{ type: ['x'] }] },
    { fifo: false, shards: 3 },
  ])('%j is fine', (settings) => {
    expect(toldOf(settings)).toEqual([])
  })
})

describe('a default for all streams', () => {
  it('holds for those that have the setting', () => {
    const streams = [{ from: 'a', to: 'b', via: 'sqs' }, ['a', 'c']]
    const { topology, problems } = parse({ streams, shards: 3, retention: 100 })
    expect(problems).toEqual([])
    const channels = buildGraph(topology!, { stage: 'dev' }).channels
    expect(channels.map(({ name, settings }) => [name, settings.shards, settings.retention])).toEqual([
      ['b--sqs', undefined, 100],
      ['c', 3, 100],
    ])
  })

  it('is a problem if none has', () => {
    expect(toldOf({}, { fifo: true })).toEqual([
      "fifo: fifo works only with sqs, which nothing here uses. Set via: 'sqs', or remove fifo.",
    ])
    const processors = { a: './a', b: { path: './b', maximumConcurrency: 3 } }
    expect(toldOf({}, { processors })).toEqual([
      "processors.b.maximumConcurrency: maximumConcurrency works only with sqs, which nothing here uses. Set via: 'sqs', or remove maximumConcurrency.",
    ])
  })
})

describe('streams that share a channel by name', () => {
  const shared = (one: object, other: object) =>
    parse({
      streams: [
        { from: 'a', to: 'b', stream: 's', ...one },
        { from: 'a', to: 'c', stream: 's', ...other },
      ],
    })

  it('use the setting of one of them', () => {
    const { topology } = shared({ batch: 50 }, { shards: 2 })
    expect(buildGraph(topology!, { stage: 'dev' }).channels).toMatchObject([
      { name: 's', to: ['b', 'c'], streams: [0, 1], settings: { batch: 50, shards: 2 } },
    ])
  })

  it('must not disagree', () => {
    expect(shared({ batch: 50 }, { batch: 60 }).problems).toEqual([
      expect.objectContaining({
        where: 'stream "a → c"',
        what: 'batch is 60, and 50 for stream "a → b", which shares "s" (t.json)',
        remedy: "Set the same value for both, or leave out stream: 's'.",
      }),
    ])
  })

  it('must not be a queue for several processors, because one of them would get each message', () => {
    expect(shared({ via: 'sqs' }, {}).problems).toEqual([
      expect.objectContaining({
        where: 'stream "a → b"',
        what: '"s" has the receivers b and c, but sqs delivers each message to only one of them (t.json)',
        remedy: "Leave out stream: 's', or set via: 'kinesis'.",
      }),
    ])
  })
})

describe('with any settings of streams', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const settings = fc.record(
    {
      via: fc.constantFrom('kinesis', 'sqs'),
      fifo: fc.boolean(),
      pack: fc.integer({ min: 1, max: 1000 }),
      batch: fc.integer({ min: 1, max: 10_000 }),
      window: fc.integer({ min: 0, max: 300 }),
      retention: fc.integer({ min: 1, max: 8760 }),
      maximumRecordAge: fc.integer({ min: 60, max: 604_800 }),
      shards: fc.integer({ min: 1, max: 10 }),
      stream: fc.constantFrom('a', 's'),
    },
    { requiredKeys: [] },
  )
  const stream = fc.tuple(name, name, settings).map(([from, to, said]) => ({ from, to, ...said }))
  const streams = fc.uniqueArray(stream, { selector: ({ from, to }) => from + to, minLength: 1 })

  it('each stream is in one channel with its own name and allowed settings, or a problem has the reason', () => {
    fc.assert(
      fc.property(streams, (given) => {
        const { topology, problems } = parse({ streams: given })
        expect(topology === undefined).toBe(problems.length > 0)
        if (topology === undefined) return
        const graph = buildGraph(topology, { stage: 'dev' })
        expect(new Set(graph.channels.map((channel) => channel.name)).size).toBe(graph.channels.length)
        expect(graph.channels.flatMap((channel) => channel.streams).toSorted((a, b) => a - b)).toEqual([
          ...graph.streams.keys(),
        ])
        for (const { name: channel, via, fifo, pack, to, streams: carried, settings: all } of graph.channels) {
          const rules = graph.carriers[via]
          const { mostRecords, mostReceivers, settings: own } = rules
          for (const index of carried) expect(graph.streams[index]).toMatchObject({ channel, via, fifo, pack })
          expect(to.length).toBeLessThanOrEqual(mostReceivers)
          expect(pack).toBeLessThanOrEqual(all.batch)
          expect(all.retention).toBeGreaterThanOrEqual(leastRetention(all, rules))
          expect(fifo).toBe(fifo && 'fifo' in own)
          const most = fifo ? mostRecords.fifo : all.window === 0 ? mostRecords.withoutWindow : mostRecords.plain
          expect(batchRecords({ pack, settings: all })).toBeLessThanOrEqual(most)
          for (const setting of Object.keys(all)) expect(knownSettings(graph.carriers).delivery).toContain(setting)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('a setting of one stream moves no other stream', () => {
    fc.assert(
      fc.property(settings, ({ stream: _, ...said }) => {
        const channelsOf = (more: object) => {
          const { topology } = parse({ streams: [['a', 'c'], { from: 'b', to: 'c', ...more }, ['c', 'a']] })
          return topology && buildGraph(topology, { stage: 'dev' }).streams.map(({ channel }) => channel)
        }
        const [first, second, third] = channelsOf(said) ?? ['c', 'c', 'a']
        expect([first, third]).toEqual(['c', 'a'])
        expect(['c', 'c--sqs', 'c--fifo', 'c--from-b']).toContain(second)
      }),
    )
  })
})

describe('two channels from one processor to another', () => {
  const told = (x: object, y: object, topology: object = {}) =>
    parse({
      streams: [
        { from: 'a', to: 'b', topics: ['x'], ...x },
        { from: 'a', to: 'b', topics: ['y'], ...y },
      ],
      ...topology,
    }).problems.map(({ code, severity, where, what, remedy }) => [severity, code, where, `${what} ${remedy}`])

  it('are warned of, since events with the same key can arrive out of order', () => {
    expect(told({ batch: 5 }, {})).toEqual([
      [
        'warning',
        'TOPOLOGY_SPLIT_ORDER',
        'stream "a → b"',
        'events with the same key can arrive out of order: 2 channels lead to "b" ("b--from-a" carries "x", "b" carries "y"), since batch differs (t.json) Give these streams the same batch so that they share a channel, or emit with different keys.',
      ],
    ])
  })

  it.each<[string, object, object]>([
    ['stream differs', { stream: 'one' }, { stream: 'two' }],
    ['stream differs', { stream: 'one' }, {}],
    ['stream and shards differ', { stream: 'one', shards: 2 }, { stream: 'two' }],
    ['via and fifo differ', { via: 'sqs', fifo: true, batch: 10 }, {}],
    ['window and pack differ', { pack: 1 }, { window: 3 }],
    ['filters differs', { filters: [{ type: ['x'] }], pack: 1 }, { pack: 1 }],
  ])('are warned of with the cause: %s', (cause, x, y) => {
    const [problem, ...others] = told(x, y)
    expect(others).toEqual([])
    for (const word of cause.split(/ and | /)) expect(problem?.[3]).toMatch(new RegExp(`since .*\\b${word}`))
  })

  it.each<[string, object, object]>([
    ['retries differ', { retries: 1, backoff: { firstMs: 5 } }, { retries: 2 }],
    ['one of them sets the default', { via: 'kinesis', pack: 25, batch: 100, window: 0 }, { shards: undefined }],
    ['they name one channel', { stream: 'one', batch: 5 }, { stream: 'one' }],
    ['fields are written in another order', { via: 'sqs', ...pollers(2, 5) }, { via: 'sqs', ...pollers(2, 5, true) }],
    ['one of them is a queue that takes no keys', { via: 'sqs' }, {}],
    ['both are queues that take no keys', { via: 'sqs', batch: 5 }, { via: 'sqs' }],
  ])('do not exist, or give no warning, if %s', (_, x, y) => {
    expect(told(x, y)).toEqual([])
  })

  it('are counted for each pair: other senders and receivers may use other channels', () => {
    const streams = [
      { from: 'a', to: 'b', batch: 5 },
      { from: 'c', to: 'b' },
      { from: 'a', to: 'c' },
    ]
    expect(parse({ streams }).problems).toEqual([])
  })
})

function pollers(minimum: number, maximum: number, reversed = false) {
  return { provisionedPollers: reversed ? { maximum, minimum } : { minimum, maximum } }
}
