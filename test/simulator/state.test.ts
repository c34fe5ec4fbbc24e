import { describe, expect, it } from 'vitest'
import { type Context, type Handler, Retry } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

/** Runs one processor with state for each event, and returns its outputs, failures and the run. */
async function runState(handler: Handler, events: readonly unknown[], settings: object = {}) {
  const input = events.map((event) => ({ to: 'p', event }))
  const run = await runTopology({ processors: { p: { state: true, handler, ...settings } } }, input)
  const errors = run.of('end').flatMap((entry) => (entry.error === undefined ? [] : [entry.error.message]))
  return { run, errors, outputs: run.of('emit').map(({ data }) => data) }
}

const count: Handler = async (_event, { state, emit }: Context) => {
  const { value = 0, version } = await state.get<number>('count')
  if (!(await state.set('count', value + 1, { ifVersion: version }))) throw new Retry(100)
  emit('count', value + 1)
}

describe('context.state in a simulation', () => {
  it('keeps what a handler set for its later messages, and not for another run', async () => {
    for (let run = 0; run < 2; run++) {
      const { outputs } = await runState(
        async (event, { state, emit }) => {
          emit('before', await state.get('last'))
          await state.set('last', { event })
        },
        ['a'],
      )
      expect(outputs).toEqual([{ version: null }])
    }
    const keyed = await runTopology(
      {
        processors: {
          spout: (events: string[], { emit }: Context) =>
            events.forEach((event) => void emit('e', event, { key: 'k' })),
          p: {
            state: true,
            async handler(event: string, { state, emit }: Context) {
              emit('before', (await state.get('last')).value ?? 'nothing')
              await state.set('last', event)
            },
          },
        },
        streams: [['spout', 'p']],
      },
      { spout: ['a', 'b', 'c'] },
    )
    const before = keyed.of('emit').filter(({ topic }) => topic === 'before')
    expect(before.map(({ data }) => data)).toEqual(['nothing', 'a', 'b'])
  })

  it('a condition lets only one of several handlers change a key, so no count is lost', async () => {
    const { outputs, run } = await runState(count, Array(20).fill(0))
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(run.summary.failed).toBe(0)
    const again = await runState(count, Array(20).fill(0))
    expect(again.run.entries).toEqual(run.entries)
  })

  it('ifAbsent sets a key once, and delete makes it free', async () => {
    const { outputs } = await runState(
      async (event, { state, emit }) => {
        if (event === 'free') return void emit('deleted', await state.delete('seen'))
        emit('first', (await state.set('seen', true, { ifAbsent: true })) !== undefined)
      },
      ['x', 'x', 'free', 'x', 'free', 'free'],
      { timeout: 5 },
    )
    expect(outputs).toEqual([true, false, true, true, true, true])
  })

  it('what an attempt set before it failed is there for the next attempt', async () => {
    const { outputs } = await runState(
      async (_event, { state, emit, attempt }) => {
        const { value } = await state.get('attempts')
        await state.set('attempts', [...((value as number[] | undefined) ?? []), attempt])
        if (attempt < 3) throw new Error('again')
        emit('attempts', (await state.get('attempts')).value)
      },
      [0],
      { retries: 2 },
    )
    expect(outputs).toEqual([[1, 2, 3]])
  })

  it('an entry ends at its millisecond of virtual time', async () => {
    const at = (ms: number) =>
      runState(
        async (_event, { state, emit, attempt }) => {
          if (attempt === 1) {
            await state.set('ends', 'old', { ttlSeconds: 1 })
            throw new Retry(ms)
          }
          emit('there', (await state.get('ends')).value ?? 'ended')
          emit('set', (await state.set('ends', 'new', { ifAbsent: true })) !== undefined)
        },
        [0],
      )
    expect((await at(999)).outputs).toEqual(['old', false])
    expect((await at(1000)).outputs).toEqual(['ended', true])
  })

  it('each processor has keys of its own', async () => {
    const handler = async (_event: unknown, { state, emit, processor }: Context) => {
      emit('before', (await state.get('k')).version)
      await state.set('k', processor)
    }
    const run = await runTopology({ state: true, processors: { a: handler, 'a-b': handler } }, { a: 1, 'a-b': 1 })
    expect(run.of('emit').map(({ data }) => data)).toEqual([null, null])
  })

  it('keys and values are any JSON and any text, and a handler has a copy of its own', async () => {
    const keys = ['__proto__', 'constructor', 'toString', ' ', '/', 'ü𝄞', '\u0000', 'x'.repeat(1024)]
    const values = [null, 0, '', false, [], {}, '\ud800', JSON.parse('{"__proto__":1}'), new Date(0), { a: undefined }]
    const { outputs, errors } = await runState(
      async (_event, { state, emit }) => {
        for (const key of keys) await state.set(key, key)
        for (const key of keys) if ((await state.get(key)).value !== key) throw new Error(`lost ${key}`)
        const mine = { list: [1] }
        await state.set('mine', mine)
        mine.list.push(2)
        const got = (await state.get<typeof mine>('mine')).value!
        got.list.push(3)
        emit('mine', (await state.get('mine')).value)
        for (const value of values) {
          await state.set('v', value)
          const { value: read } = await state.get('v')
          if (JSON.stringify(read) !== JSON.stringify(value)) throw new Error(`changed ${JSON.stringify(value)}`)
        }
      },
      [0],
    )
    expect(errors).toEqual([])
    expect(outputs).toEqual([{ list: [1] }])
  })

  it('100,000 keys can be set and read', async () => {
    const { outputs } = await runState(
      async (_event, { state, emit }) => {
        for (let n = 0; n < 100_000; n++) await state.set(`k${n}`, n)
        emit('last', (await state.get('k99999')).value)
      },
      [0],
    )
    expect(outputs).toEqual([99_999])
  })
})

describe('a call of context.state that is not possible', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  const refused: [string, (context: Context) => unknown, string][] = [
    [
      'key that is empty',
      ({ state }) => state.get(''),
      "context.state.get: the key must be a string that is not empty, got ''",
    ],
    [
      'key that is no text',
      ({ state }) => state.set(1 as never, 1),
      'context.state.set: the key must be a string that is not empty, got 1',
    ],
    [
      'key that is too long',
      ({ state }) => state.delete('ü'.repeat(513)),
      'context.state.delete: the key has 1026 bytes, more than the limit of 1024',
    ],
    [
      'key with a lone surrogate',
      ({ state }) => state.get('a\ud800'),
      'context.state.get: the key "a\\ud800" has half a character',
    ],
    [
      'value undefined',
      ({ state }) => state.set('k', undefined),
      'set of "k" in context.state: undefined is no JSON value',
    ],
    ['function', ({ state }) => state.set('k', () => 1), 'is no JSON value'],
    ['BigInt', ({ state }) => state.set('k', { a: [1n] }), 'set of "k" in context.state: data.a[0] is a BigInt'],
    ['circle', ({ state }) => state.set('k', cycle), 'refers back to an object that holds it'],
    ['NaN', ({ state }) => state.set('k', { total: 0 / 0 }), 'set of "k" in context.state: "total" is NaN'],
    ['Map', ({ state }) => state.set('k', new Map([[1, 2]])), 'set of "k" in context.state: the value is a Map'],
    [
      'large value',
      ({ state }) => state.set('k', 'ü'.repeat(131_072)),
      'set of "k" in context.state: the value has 262146 bytes, more than the limit of 262144',
    ],
    [
      'unknown option',
      ({ state }) => state.set('k', 1, { ttl: 1 } as never),
      'state.set of "k": there is no option "ttl"',
    ],
    [
      'option of another method',
      ({ state }) => state.delete('k', { ifAbsent: true } as never),
      'state.delete of "k": there is no option "ifAbsent"',
    ],
    [
      'version that is undefined',
      ({ state }) => state.set('k', 1, { ifVersion: undefined } as never),
      'state.set of "k": ifVersion must be a version that get returned, or null, got undefined',
    ],
    [
      'two conditions',
      ({ state }) => state.set('k', 1, { ifAbsent: true, ifVersion: '1' }),
      'state.set of "k": it has two conditions, ifAbsent and ifVersion',
    ],
    [
      'time of 0',
      ({ state }) => state.set('k', 1, { ttlSeconds: 0 }),
      'state.set of "k": ttlSeconds must be a number above 0, up to 315360000, got 0',
    ],
  ]
  it.each(refused)('%s: is refused, and changes nothing', async (_name, call, message) => {
    const { errors, outputs } = await runState(
      async (_event, context) => {
        const { state, emit } = context
        await state.set('k', 'kept')
        const error = await Promise.resolve(call(context)).then(
          () => undefined,
          (reason: { code: string; message: string }) => reason,
        )
        emit('kept', [(await state.get('k')).value, error?.code])
        throw error
      },
      [0],
    )
    expect(outputs).toEqual([['kept', 'STATE_REFUSED']])
    expect(errors).toEqual([expect.stringContaining(message)])
  })

  it('fails the message if nobody awaits it', async () => {
    const { errors } = await runState((_event, { state }) => void state.set('k', 1n), [0])
    expect(errors).toEqual(['set of "k" in context.state: the data is a BigInt'])
  })

  it('a call that nobody awaits is done before the message is', async () => {
    const handler: Handler = async (event, { state, emit }) => {
      if (event === 'set') return void state.set('k', event)
      emit('k', (await state.get('k')).value)
    }
    expect((await runState(handler, ['set', 'get'])).outputs).toEqual(['set'])
  })

  it('without the setting says what to set', async () => {
    const { errors } = await runState(async (_event, { state }) => void (await state.get('k')), [0], { state: false })
    expect(errors).toEqual(['context.state.get: the processor "p" has no state'])
  })

  it('after the handler has settled is an error of the processor', async () => {
    let first: Context | undefined
    const { run } = await runState(
      async (_event, context) => {
        // The second has its turn when the first has ended.
        await context.state.get('k')
        if (first !== undefined) await first.state.set('k', 1).catch(() => {})
        first = context
      },
      [1, 2],
    )
    expect(run.of('log').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^"p" called context.state.set after it had settled/),
    ])
    expect(run.summary.failed).toBe(1)
  })
})

describe('the turns of handlers that use context.state', () => {
  it('come in the order of their start, however long handlers take, and waiting costs no timeout', async () => {
    const handler: Handler = async (event: number, { state, emit }) => {
      await new Promise((resolve) => setTimeout(resolve, 60 - 20 * event))
      const { value = [] } = await state.get<number[]>('order')
      await new Promise((resolve) => setTimeout(resolve, 60))
      await state.set('order', [...value, event])
      emit('order', [...value, event])
    }
    const { outputs, errors } = await runState(handler, [0, 1, 2], { timeout: 0.16 })
    expect(errors).toEqual([])
    expect(outputs).toEqual([[0], [0, 1], [0, 1, 2]])
  })

  it('are shared with the handlers that they invoke, so that these never wait for each other', async () => {
    const run = await runTopology(
      {
        state: true,
        timeout: 2,
        processors: {
          caller: {
            invokes: ['count'],
            async handler(_event: unknown, { state, invoke, emit }: Context) {
              await state.set('calls', 1)
              emit('counts', await Promise.all([invoke('count'), invoke('count')]))
            },
          },
          count: {
            invokes: ['caller'],
            async handler(_event: unknown, { state }: Context) {
              const { value = 0 } = await state.get<number>('n')
              await state.set('n', value + 1)
              return value
            },
          },
        },
      },
      Array(3).fill({ to: 'caller', event: 0 }),
    )
    expect(run.summary.failed).toBe(0)
    expect(run.of('emit')).toHaveLength(3)
  })

  it('go on after a handler whose time was up', async () => {
    const { outputs, errors } = await runState(
      async (event, { state, emit }) => {
        await state.set('k', event)
        if (event === 'hangs') await new Promise(() => {})
        emit('k', (await state.get('k')).value)
      },
      ['hangs', 'next'],
      { timeout: 0.05 },
    )
    expect(outputs).toEqual(['next'])
    expect(errors).toEqual([expect.stringContaining('did not settle within 0.05 s')])
  })
})
