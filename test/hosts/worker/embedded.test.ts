import { expect, it } from 'vitest'
import { createFakeStore, refuseRecords } from '../../contract/fake-store.ts'
import { openTopology } from './open.ts'

type Emitting = { emit(topic: string, data?: unknown, options?: { key: string }): Promise<void> }

it('an event moves through the streams, and is done when all that it caused is done', async () => {
  const seen: unknown[] = []
  const topology = openTopology({
    processors: {
      split: (words: string, { emit }: Emitting) => void words.split(' ').map((word) => emit('word', word)),
      async show(word: string) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        seen.push(word)
      },
    },
    streams: [['split', 'show', 'word']],
  })
  expect(await topology.take({ to: 'split', event: 'a b c' })).toBe(0)
  expect(seen).toEqual(['a', 'b', 'c'])
  expect(topology.counts).toEqual({ roots: 0, running: 0, waiting: 0, sending: 0, recorded: 0 })
})

it('a failing message is retried, and is done when it is handled', async () => {
  let tries = 0
  const topology = openTopology({
    processors: {
      bill() {
        if (++tries < 3) throw new Error('not yet')
      },
    },
    streams: [],
    retries: 2,
    backoff: { firstMs: 10 },
  })
  expect(await topology.take({ to: 'bill', event: 1 })).toBe(0)
  expect(tries).toBe(3)
  expect(topology.lines().map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'ok'])
})

it('a wait of more than a second leaves its room to others', async () => {
  let [tries, others] = [0, 0]
  const topology = openTopology(
    {
      processors: {
        bill() {
          if (++tries === 1) throw new Error('not yet')
        },
        other: () => void others++,
      },
      streams: [],
      retries: 1,
      backoff: { firstMs: 1200, jitter: false },
    },
    { concurrency: 1 },
  )
  const billed = topology.take({ to: 'bill', event: 1 })
  await topology.take({ to: 'other', event: 1 })
  expect(tries).toBe(1)
  expect(topology.counts).toEqual({ roots: 1, running: 0, waiting: 1, sending: 0, recorded: 0 })
  expect(await billed).toBe(0)
  expect([tries, others]).toEqual([2, 1])
})

it('a message that fails for good is recorded before its event is done', async () => {
  const topology = openTopology({
    processors: {
      start: (_: unknown, { emit }: Emitting) => void Promise.all([emit('x', 1), emit('x', 2)]),
      fail() {
        throw new Error('no')
      },
    },
    streams: [['start', 'fail']],
  })
  expect(await topology.take({ to: 'start', event: 1 })).toBe(2)
  expect(topology.errors()).toEqual(['fail: no', 'fail: no'])
})

it('while nothing can be recorded, the message comes again', async () => {
  let calls = 0
  const store = createFakeStore((batch, call) => (call === 0 ? refuseRecords(batch, false) : []))
  const topology = openTopology(
    {
      processors: {
        fail() {
          calls++
          throw new Error('no')
        },
      },
      streams: [],
    },
    { store },
  )
  expect(await topology.take({ to: 'fail', event: 1 })).toBe(1)
  expect(calls).toBe(2)
})

it('messages of one key are handled in order, also while one is retried', async () => {
  const handled: number[] = []
  let failed = false
  const topology = openTopology({
    processors: {
      start(_: unknown, { emit }: Emitting) {
        for (const n of [1, 2, 3]) void emit('x', n, { key: 'k' })
        void emit('x', 4, { key: 'other' })
      },
      take(n: number) {
        if (n === 1 && !failed) {
          failed = true
          throw new Error('not yet')
        }
        handled.push(n)
      },
    },
    streams: [{ from: 'start', to: 'take', retries: 1, backoff: { firstMs: 20 } }],
  })
  await topology.take({ to: 'start', event: 1 })
  expect(handled).toEqual([4, 1, 2, 3])
})

it('no more handlers run at once than may', async () => {
  let [running, most] = [0, 0]
  const topology = openTopology(
    {
      processors: {
        async work() {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setTimeout(resolve, 2))
          running--
        },
      },
      streams: [],
    },
    { concurrency: 3 },
  )
  await Promise.all(Array.from({ length: 20 }, () => topology.take({ to: 'work', event: 1 })))
  expect(most).toBe(3)
})

it('deeper messages start first, so that a growing tree stays small', async () => {
  let most = 0
  const topology = openTopology(
    {
      processors: {
        grow(depth: number, { emit }: Emitting) {
          const { waiting } = topology.counts
          most = Math.max(most, waiting)
          if (depth < 6) for (let n = 0; n < 8; n++) void emit('x', depth + 1)
        },
      },
      streams: [['grow', 'grow']],
    },
    { concurrency: 1 },
  )
  await topology.take({ to: 'grow', event: 0 })
  expect(most).toBeLessThan(60)
})

it('a handler that awaits its emits waits while too many messages do', async () => {
  let [most, count] = [0, 0]
  const topology = openTopology(
    {
      processors: {
        async pour(_: unknown, { emit }: Emitting) {
          for (let n = 0; n < 12_000; n++) {
            await emit('x', n)
            most = Math.max(most, topology.counts.waiting)
          }
        },
        take: () => void count++,
      },
      streams: [['pour', 'take']],
    },
    { concurrency: 10 },
  )
  await topology.take({ to: 'pour', event: 1 })
  expect(count).toBe(12_000)
  expect(most).toBeLessThanOrEqual(10_001)
})

it('handlers that all wait for room go on, since nothing else could make any', async () => {
  let count = 0
  const topology = openTopology(
    {
      processors: {
        async pour(_: unknown, { emit }: Emitting) {
          for (let n = 0; n < 11_000; n++) await emit('x', n)
        },
        take: () => void count++,
      },
      streams: [['pour', 'take']],
    },
    { concurrency: 1 },
  )
  await topology.take({ to: 'pour', event: 1 })
  expect(count).toBe(11_000)
})

it('a caller gets what the handler settles with; a failure is recorded and not retried', async () => {
  let calls = 0
  const topology = openTopology({
    processors: {
      async add({ a, b }: { a: number; b: number }) {
        calls++
        if (b === 0) throw new Error('nothing to add')
        return { sum: a + b }
      },
    },
    streams: [],
    retries: 5,
  })
  expect(await topology.call({ to: 'add', event: { a: 1, b: 2 } })).toEqual({ sum: 3 })
  await expect(topology.call({ to: 'add', event: { a: 1, b: 0 } })).rejects.toThrow('nothing to add')
  expect(calls).toBe(2)
  expect(topology.errors()).toEqual(['add: nothing to add'])
})

it('context.invoke runs another processor and returns its result, though all room is taken', async () => {
  const topology = openTopology(
    {
      processors: {
        ask: {
          invokes: ['answer'],
          handler: async (n: number, { invoke }: { invoke(name: string, data: unknown): Promise<unknown> }) => [
            await invoke('answer', n),
            await invoke('answer', -1).catch((error: Error) => error.message),
          ],
        },
        answer(n: number) {
          if (n < 0) throw new Error('negative')
          return n * 2
        },
      },
      streams: [],
    },
    { concurrency: 1 },
  )
  expect(await topology.call({ to: 'ask', event: 21 })).toEqual([42, 'negative'])
  expect(topology.errors()).toEqual([])
})

it('logEvents adds the data of each event to its line', async () => {
  const topology = openTopology({ logEvents: true, processors: { a: () => {} }, streams: [] })
  await topology.take({ to: 'a', event: { n: 1 } })
  expect(topology.lines()).toMatchObject([{ attak: 'end', data: { n: 1 } }])
})

it('an event that comes again is handled once where its processor is idempotent', async () => {
  let calls = 0
  const topology = openTopology({
    processors: { once: { idempotent: true, handler: () => void calls++ } },
    streams: [],
  })
  const event = { to: 'once', event: 1, id: '0123456789abcdef0123456789abcdef' }
  expect(await Promise.all([topology.take(event), topology.take(event)])).toEqual([0, 0])
  expect(await topology.take({ ...event, id: 'f'.repeat(32) })).toBe(0)
  expect(calls).toBe(2)
})

it('a handler whose time is up fails, and later messages go on', async () => {
  const topology = openTopology({
    processors: {
      hang: { timeout: 0.05, handler: () => new Promise(() => {}) },
      go: () => undefined,
    },
    streams: [],
  })
  expect(await topology.take({ to: 'hang', event: 1 })).toBe(1)
  expect(await topology.take({ to: 'go', event: 1 })).toBe(0)
  expect(topology.errors()[0]).toContain('hang: ')
})

it('what a handler changes in its event reaches neither others nor its retry', async () => {
  const seen: unknown[] = []
  const topology = openTopology({
    processors: {
      start: (_: unknown, { emit }: Emitting) => emit('x', { list: [1] }),
      one(event: { list: number[] }) {
        seen.push(structuredClone(event))
        event.list.push(2)
        if (seen.length === 1) throw new Error('again')
      },
      two(event: { list: number[] }) {
        seen.push(structuredClone(event))
        event.list.push(3)
      },
    },
    streams: [{ from: 'start', to: 'one', retries: 1, backoff: { firstMs: 1 } }, ['start', 'two']],
  })
  await topology.take({ to: 'start', event: 1 })
  expect(seen).toEqual([{ list: [1] }, { list: [1] }, { list: [1] }])
})

it('lines of a handler are logged with its message, and outputs too', async () => {
  const topology = openTopology({
    processors: {
      say(word: string, { emit }: Emitting) {
        // biome-ignore lint/suspicious/noConsole: a handler's line is what this is about.
        console.log('heard', word)
        void emit('done', word)
      },
    },
    streams: [],
  })
  await topology.take({ to: 'say', event: 'a' })
  expect(topology.lines()).toMatchObject([
    { attak: 'log', processor: 'say', text: 'heard a' },
    { attak: 'output', topic: 'done', data: 'a' },
    { attak: 'end', outcome: 'ok' },
  ])
})

it('runs the setup of all processors before its events, those that failed again, and their teardown at the end', async () => {
  const seen: string[] = []
  let tries = 0
  const topology = openTopology({
    processors: {
      bill: {
        setup({ log }: { log: { info(text: string): void } }) {
          log.info('connects')
          if (++tries === 1) throw new Error('no database')
          return 'pool'
        },
        handler: (event: number, { resources }: { resources: string }) => void seen.push(`${event} ${resources}`),
        teardown: (resources: string) => void seen.push(`close ${resources}`),
      },
      other: { setup: () => void seen.push('other'), handler: () => {} },
    },
    streams: [],
  })
  await expect(topology.setUp()).rejects.toMatchObject({ code: 'SETUP_FAILED' })
  await topology.setUp()
  await topology.take({ to: 'bill', event: 1 })
  expect(await topology.tearDown()).toEqual([])
  expect(seen).toEqual(['other', '1 pool', 'close pool'])
  expect(topology.lines().slice(0, 2)).toMatchObject([
    { attak: 'log', level: 'info', processor: 'bill', text: 'connects' },
    { attak: 'log', level: 'info', processor: 'bill', text: 'connects' },
  ])
})
