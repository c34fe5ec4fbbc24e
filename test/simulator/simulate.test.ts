import { describe, expect, it } from 'vitest'
import { type Context, Retry } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const reverse = (text: string) => [...text].reverse().join('')

describe('a simulation', () => {
  it('moves an event through the topology and shows emits without a receiver as outputs', async () => {
    const run = await runTopology(
      {
        processors: {
          spout: (event: string, context: Context) => context.emit('text', event),
          reverse: (event: string, context: Context) => context.emit('reversed', reverse(event)),
        },
        streams: [['spout', 'reverse', 'text']],
      },
      { spout: 'hello' },
    )
    expect(run.entries.map(({ kind }) => kind)).toEqual('run start emit end start emit end summary'.split(' '))
    expect(run.of('start')[1]).toMatchObject({
      processor: 'reverse',
      from: 'spout',
      topic: 'text',
      hop: 2,
      event: 'hello',
    })
    expect(run.of('emit')).toMatchObject([
      { topic: 'text', data: 'hello', to: ['reverse'] },
      { topic: 'reversed', data: 'olleh', to: [] },
    ])
    expect(run.summary).toEqual({
      kind: 'summary',
      handled: { spout: 1, reverse: 1 },
      emitted: { spout: 1, reverse: 1 },
      outputs: 1,
      failed: 0,
    })
  })

  it('delivers a separate copy to each of several receivers', async () => {
    const seen: unknown[] = []
    const mutate = (event: { list: number[] }) => {
      seen.push(structuredClone(event))
      event.list.push(0)
    }
    await runTopology(
      {
        processors: {
          a: (_event: unknown, context: Context) => {
            const data = { list: [1] }
            context.emit('t', data)
            data.list.push(2)
          },
          b: mutate,
          c: mutate,
        },
        streams: [
          ['a', 'b'],
          ['a', 'c'],
        ],
      },
      { a: null },
    )
    expect(seen).toEqual([{ list: [1] }, { list: [1] }])
  })

  it('handles events in the order of their emits, with any number of handlers between', async () => {
    const run = await runTopology(
      {
        processors: {
          a: (_: unknown, context: Context) => {
            context.emit('first', 'b')
            context.emit('second', 'c')
          },
          b: (_: unknown, context: Context) => void context.emit('third', 'd'),
          c: () => {},
          d: () => {},
        },
        streams: [
          ['a', 'b', 'first'],
          ['a', 'c', 'second'],
          ['b', 'd', 'third'],
        ],
      },
      { a: 'a' },
    )
    expect(run.of('start').map(({ event }) => event)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('runs at most `concurrency` handlers at once', async () => {
    let running = 0
    let most = 0
    const a = async () => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
    }
    const input = Array.from({ length: 20 }, () => ({ to: 'a', event: 0 }))
    await runTopology({ processors: { a } }, input, { concurrency: 3 })
    expect(most).toBe(3)
  })

  it('loses nothing that a handler emits while the next receiver of its event waits for its turn', async () => {
    const wait = () => new Promise<void>((resolve) => setImmediate(resolve))
    const run = await runTopology(
      {
        processors: {
          a: (_: unknown, context: Context) => context.emit('t', 1),
          b: async (_: unknown, context: Context) => {
            await wait()
            context.emit('of b', 2)
          },
          c: wait,
          d: () => {},
        },
        streams: [
          ['a', 'b', 't'],
          ['a', 'c', 't'],
          ['b', 'd', 'of b'],
        ],
      },
      { a: 0 },
      { concurrency: 1 },
    )
    expect(run.summary.handled).toEqual({ a: 1, b: 1, c: 1, d: 1 })
  })

  it('retries a failing event after its backoff, in virtual time, with the original event', async () => {
    const run = await runTopology(
      {
        retries: 2,
        backoff: { jitter: false },
        processors: {
          a: (event: { n: number }, { attempt }: Context) => {
            event.n++
            if (attempt < 3) throw new Error(`attempt ${attempt} of ${event.n}`)
          },
        },
        streams: [],
      },
      { a: { n: 1 } },
    )
    expect(run.of('end')).toMatchObject([
      { at: 0, outcome: 'retry', retryAt: 1000, error: { message: 'attempt 1 of 2' } },
      { at: 1000, outcome: 'retry', retryAt: 3000, error: { message: 'attempt 2 of 2' } },
      { at: 3000, outcome: 'ok' },
    ])
    expect(run.summary).toMatchObject({ handled: { a: 1 }, failed: 0 })
  })

  it('records a failure when its retries are used up', async () => {
    const run = await runTopology(
      { processors: { a: { handler: () => Promise.reject(new Error('no')), retries: 1 } }, streams: [] },
      { a: 1 },
    )
    expect(run.of('end').map(({ outcome }) => outcome)).toEqual(['retry', 'failed'])
    expect(run.summary).toMatchObject({ handled: { a: 0 }, failed: 1 })
  })

  it('waits as long as a Retry asks, without using up retries', async () => {
    const run = await runTopology(
      {
        processors: {
          a: (_event: unknown, { attempt }: Context) => {
            if (attempt <= 5) throw new Retry(60_000)
          },
        },
        retryQueue: true,
        streams: [],
      },
      { a: 1 },
    )
    expect(run.of('end').map(({ at }) => at)).toEqual([0, 60_000, 120_000, 180_000, 240_000, 300_000])
    expect(run.summary.failed).toBe(0)
  })

  it('refuses a wait that is too long when deployed: without a retry queue, or with a key', async () => {
    const b = (_event: unknown, { attempt }: Context) => {
      if (attempt === 1) throw new Retry(7_200_000)
    }
    const a = (key: string | null, context: Context) => context.emit('t', 1, key === null ? {} : { key })
    const outcomes = async (key: string | null, more: object) => {
      const run = await runTopology({ processors: { a, b }, streams: [{ from: 'a', to: 'b', ...more }] }, { a: key })
      return run.of('end').flatMap(({ processor, outcome, error }) => {
        return processor === 'b' ? [error?.code ?? outcome] : []
      })
    }
    expect(await outcomes(null, { retries: 1 })).toEqual(['retry', 'ok'])
    expect(await outcomes(null, {})).toEqual(['RETRY_TOO_LONG'])
    expect(await outcomes('k', { retries: 1 })).toEqual(['RETRY_TOO_LONG'])
    expect(await outcomes('k', { retries: 1, maximumRecordAge: 10_000 })).toEqual(['retry', 'ok'])
    expect(await outcomes('k', { retries: 1, via: 'sqs', fifo: true })).toEqual(['RETRY_TOO_LONG'])
  })

  it('counts the hundred and first Retry as a failure', async () => {
    const run = await runTopology({ processors: { a: () => Promise.reject(new Retry(1)) }, streams: [] }, { a: 1 })
    expect(run.of('end')).toHaveLength(101)
    expect(run.summary.failed).toBe(1)
  })

  it('stops a runaway at the hop limit with an error', async () => {
    const run = await runTopology(
      {
        hopLimit: 5,
        processors: { a: (event: number, context: Context) => context.emit('again', event + 1) },
        streams: [['a', 'a']],
      },
      { a: 1 },
    )
    expect(run.summary).toMatchObject({ handled: { a: 4 }, failed: 1 })
    expect(run.of('end').at(-1)?.error).toMatchObject({ code: 'HOP_LIMIT' })
  })

  it('fails the message whose emit JSON cannot carry, naming topic and path', async () => {
    const run = await runTopology(
      {
        processors: { a: (_: unknown, context: Context) => void context.emit('t', { list: [{ n: 1n }] }) },
        streams: [],
      },
      { a: 1 },
    )
    expect(run.of('end')[0]?.error?.message).toBe('emit of "t": data.list[0].n is a BigInt')
  })

  it.each([
    ['its promise', (context: Context) => context.emit('t', 1n).catch(() => {})],
    ['its callback', (context: Context) => void context.emit('t', 1n, () => {})],
    [
      'await',
      async (context: Context) => {
        try {
          await context.emit('t', 1n)
        } catch {}
      },
    ],
  ])('lets a handler take a refused emit through %s', async (_, handle) => {
    const run = await runTopology(
      { processors: { a: (_event: unknown, context: Context) => handle(context) }, streams: [] },
      { a: 1 },
    )
    expect(run.summary).toMatchObject({ handled: { a: 1 }, failed: 0 })
  })

  it('refuses an emit larger than a stream carries', async () => {
    const run = await runTopology(
      {
        processors: {
          a: (size: number, context: Context) => context.emit('t', 'x'.repeat(size)),
        },
        streams: [],
      },
      [
        { to: 'a', event: 1024 * 1024 - 1024 },
        { to: 'a', event: 1024 * 1024 },
      ],
    )
    expect(run.of('end').map(({ outcome }) => outcome)).toEqual(['ok', 'failed'])
    expect(run.of('end')[1]?.error?.code).toBe('EMIT_TOO_LARGE')
  })

  it('ends a handler that does not settle in time, and reports that the run may not repeat', async () => {
    const run = await runTopology(
      { processors: { a: { handler: () => new Promise(() => {}), timeout: 0.02 } }, streams: [] },
      { a: 1 },
    )
    expect(run.of('end')[0]).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } })
    expect(run.timedOut).toBe(true)
  })

  it('keeps the lines of a handler with its message, also after a promise or a timer', async () => {
    const lines: string[] = []
    const console = Object.assign(Object.create(globalThis.console), { log: (line: string) => lines.push(line) })
    const handler = async (event: string) => {
      console.log('sync', event)
      await new Promise((resolve) => setTimeout(resolve, 1))
      console.log('later', event)
    }
    const run = await runTopology(
      { processors: { a: handler }, streams: [] },
      ['x', 'y', 'z'].map((event) => ({ to: 'a', event })),
      { console },
    )
    const byMessage = run.of('start').map(({ message, event }) => [
      event,
      run
        .of('log')
        .filter((line) => line.message === message)
        .map(({ text }) => text),
    ])
    expect(byMessage).toEqual(['x', 'y', 'z'].map((event) => [event, [`sync ${event}`, `later ${event}`]]))
    expect(lines).toEqual([])
  })

  it('takes an emit after the handler settled as an error', async () => {
    let late: Promise<unknown> | undefined
    const run = await runTopology(
      {
        processors: {
          a: (_: unknown, context: Context) => {
            setTimeout(() => {
              late = context.emit('late', 1).catch((error: unknown) => error)
            }, 1)
          },
          b: () => new Promise((resolve) => setTimeout(resolve, 15)),
        },
        streams: [],
      },
      { a: 1, b: 1 },
    )
    expect(await late).toMatchObject({ code: 'EMIT_AFTER_END' })
    expect(run.summary.failed).toBe(1)
    expect(run.of('log')[0]).toMatchObject({ level: 'error', text: expect.stringContaining('after it had settled') })
  })
})

describe('the carrier of a stream', () => {
  const keyed = (key: string | undefined, stream: object) =>
    runTopology(
      {
        processors: {
          a: (event: string, context: Context) => context.emit('t', event, key === undefined ? undefined : { key }),
          b: () => {},
        },
        streams: [{ from: 'a', to: 'b', ...stream }],
      },
      { a: 'event' },
    )

  it.each([
    [
      'a queue refuses keys',
      'k',
      { via: 'sqs' },
      'emit of "t": it has a key, and its stream does not keep the order of keys',
    ],
    ['a queue takes what has none', undefined, { via: 'sqs' }, undefined],
    ['a queue that keeps order takes them', 'k', { via: 'sqs', fifo: true }, undefined],
    ['a stream takes them', 'k', {}, undefined],
  ])('%s', async (_, key, stream, message) => {
    const [end] = (await keyed(key, stream)).of('end')
    expect(end?.error?.message).toBe(message)
    expect(end?.outcome).toBe(message === undefined ? 'ok' : 'failed')
  })
})

it('an idempotent processor runs like any other without duplicates', async () => {
  const topologyWith = (idempotent: boolean) => ({
    idempotent,
    processors: {
      a: (event: number, context: Context) => context.emit('t', event),
      b: {
        handler: (_: number, { attempt }: Context) => (attempt === 1 ? Promise.reject(new Error('no')) : 1),
        retries: 1,
      },
    },
    streams: [{ from: 'a', to: 'b' }],
  })
  const input = [1, 1].map((event) => ({ to: 'a', event }))
  const remembering = await runTopology(topologyWith(true), input)
  const outcomes = remembering.of('end').map(({ processor, outcome }) => `${processor} ${outcome}`)
  expect(outcomes).toEqual(['a ok', 'a ok', 'b retry', 'b retry', 'b ok', 'b ok'])
  const withoutStacks = ({ entries }: typeof remembering) => JSON.stringify(entries).replace(/"stack":"[^"]*"/g, '')
  expect(withoutStacks(remembering)).toBe(withoutStacks(await runTopology(topologyWith(false), input)))
})
