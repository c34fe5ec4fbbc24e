import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { recordLines } from '../../src/simulator/json-lines.ts'
import { recordEntries } from '../../src/simulator/recorder.ts'
import type { Context, Handler } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

/** Runs `a`, which may invoke `b`, with one event; returns its emits of `got` and its errors. */
async function invoke(b: unknown, a: Handler, more: Record<string, unknown> = {}) {
  const run = await runTopology({ processors: { a: { invokes: ['b'], handler: a }, b }, ...more }, { a: 1 })
  return { ...run, got: run.of('emit').filter(({ topic }) => topic === 'got') }
}
const pass: Handler = async (event, context) => context.emit('got', await context.invoke('b', event))
const caught: Handler = (event, context) =>
  context.invoke('b', event).catch((error) => context.emit('got', [error.name, error.code, error.message]))

describe('context.invoke with a callback', () => {
  const answers = (event: unknown) => ({ answer: event })
  const telling = (name: 'invoke' | 'invokeLocal', ...data: unknown[]): Handler => {
    return (_event, context, callback) => {
      const call = context[name] as (processor: string, ...given: unknown[]) => Promise<unknown>
      call('b', ...data, async (error: Error | null, result: unknown) => {
        await context.emit('got', [error?.message ?? null, result ?? null])
        callback()
      })
    }
  }

  it.each<[string, Handler, unknown]>([
    ['invoke(processor, data, callback)', telling('invoke', 1), [null, { answer: 1 }]],
    ['invoke(processor, callback)', telling('invoke'), [null, {}]],
    ['invokeLocal(processor, data, callback)', telling('invokeLocal', 1), [null, { answer: 1 }]],
    ['invokeLocal(processor, data, options, callback)', telling('invokeLocal', 1, {}), [null, { answer: 1 }]],
    ['invokeLocal(processor, callback)', telling('invokeLocal'), [null, {}]],
  ])('%s calls back with the result', async (_, a, expected) => {
    expect((await invoke(answers, a)).got.map(({ data }) => data)).toEqual([expected])
  })

  it('calls back with the error, which then does not fail the message', async () => {
    const { got, summary } = await invoke(
      () => {
        throw new Error('no')
      },
      telling('invoke', 1),
    )
    expect(got.map(({ data }) => data)).toEqual([['no', null]])
    expect(summary).toMatchObject({ handled: { a: 1 } })
  })

  it('fails the message with what the callback throws', async () => {
    const { of } = await invoke(answers, (_event, context) => {
      context.invoke('b', 1, () => {
        throw new Error('mine')
      })
      return new Promise(() => {})
    })
    expect(of('end').find(({ processor }) => processor === 'a')).toMatchObject({ error: { message: 'mine' } })
  })
})

describe('context.invoke', () => {
  it.each<[string, Handler]>([
    ['what it returns', (n: number) => ({ n, at: new Date(0) })],
    ['what it resolves with', async (n: number) => ({ n, at: new Date(0) })],
    ['what it calls back', (n: number, _context, callback) => setImmediate(callback, null, { n, at: new Date(0) })],
    ['what it gives to succeed', (n: number, { succeed }) => setImmediate(succeed, { n, at: new Date(0) })],
    ['what it gives to done', (n: number, { done }) => setImmediate(done, null, { n, at: new Date(0) })],
  ])('returns the result of the other handler, as JSON carries it: %s', async (_, b) => {
    const { got, summary } = await invoke(b, pass)
    expect(got[0]?.data).toEqual({ n: 1, at: '1970-01-01T00:00:00.000Z' })
    expect(summary).toMatchObject({ handled: { a: 1, b: 1 }, failed: 0 })
  })

  it('passes a copy to the other handler, and returns a separate answer', async () => {
    const kept = { list: [1] }
    const { got } = await invoke(
      (event: { list: number[] }) => {
        event.list.push(2)
        return kept
      },
      async (_event, context) => {
        const data = { list: [0] }
        const answer = await context.invoke<{ list: number[] }>('b', data)
        answer.list.push(3)
        return context.emit('got', [data, answer, kept])
      },
    )
    expect(got[0]?.data).toEqual([{ list: [0] }, { list: [1, 3] }, { list: [1] }])
  })

  it('is retried if the other processor refuses the data, or throws an error with that code', async () => {
    const b = { handler: () => 1, input: z.number() }
    const passOn: Handler = (_event, context) => context.invoke('b', 'no number')
    const own: Handler = () => {
      throw Object.assign(new Error('mine'), { code: 'RECORD_REFUSED' })
    }
    for (const a of [passOn, own]) {
      const { of, summary } = await invoke(b, a, { retries: 2, backoff: { firstMs: 1 } })
      const ends = of('end').filter(({ processor }) => processor === 'a')
      expect(ends.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'failed'])
      expect(summary.failed).toBe(1)
    }
  })

  it('passes the caller to the other handler, whose emits go where they always go', async () => {
    const told: unknown[] = []
    const run = await runTopology(
      {
        processors: {
          a: { invokes: ['b'], handler: pass },
          b: (_event: unknown, { from, topic, hop, attempt, id, root, parent, emit }: Context) => {
            told.push({ from, topic, hop, attempt, ids: new Set([id, root]).size, isChild: parent === root })
            return emit('side', 'effect')
          },
          c: () => {},
        },
        streams: [['b', 'c', 'side']],
      },
      { a: 1 },
    )
    expect(told).toEqual([{ from: 'a', topic: 'attak.invoke', hop: 2, attempt: 1, ids: 2, isChild: true }])
    expect(run.of('start').map(({ processor, hop }) => [processor, hop])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
  })

  it('is in the transcript after its invoker, in the order of the calls, with its result', async () => {
    const { entries } = await invoke(
      async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
      async (_event, context) => {
        await Promise.all([context.invoke('b', 5), context.invoke('b', 1)])
      },
    )
    const told = entries.flatMap((entry) => (entry.kind === 'start' || entry.kind === 'end' ? [entry] : []))
    expect(told.map(({ kind, processor, invoked }) => [kind, processor, invoked])).toEqual([
      ['start', 'a', undefined],
      ['end', 'a', undefined],
      ['start', 'b', true],
      ['end', 'b', true],
      ['start', 'b', true],
      ['end', 'b', true],
    ])
    expect(told.flatMap((entry) => ('result' in entry ? [entry.result] : []))).toEqual([5, 1])
    expect(new Set(told.map(({ message }) => message)).size).toBe(3)
  })
})

describe('an invoke fails', () => {
  it('with the error of the other handler, which the caller may catch', async () => {
    const { got, summary, of } = await invoke(() => {
      throw Object.assign(new TypeError('no price'), { code: 'NO_PRICE' })
    }, caught)
    expect(got[0]?.data).toEqual(['TypeError', 'NO_PRICE', 'no price'])
    expect(summary).toMatchObject({ handled: { a: 1, b: 0 }, failed: 0 })
    expect(of('end').map(({ processor, outcome }) => [processor, outcome])).toEqual([
      ['a', 'ok'],
      ['b', 'failed'],
    ])
  })

  it('and fails its caller if uncaught; only the policy of the caller retries it', async () => {
    const failing = () => Promise.reject(new Error('out of order'))
    const { of, summary } = await invoke({ handler: failing, retries: 5 }, (event, context) => {
      context.invoke('b', event)
    })
    expect(of('end').map(({ processor, outcome, error }) => [processor, outcome, error?.message])).toEqual([
      ['a', 'failed', 'out of order'],
      ['b', 'failed', 'out of order'],
    ])
    expect(summary.failed).toBe(1)
    const again = await invoke(failing, pass, { retries: 1 })
    expect(again.of('end').map(({ outcome }) => outcome)).toEqual(['retry', 'failed', 'failed', 'failed'])
  })

  it.each<[string, Handler, string]>([
    [
      'a processor that is not among its invokes',
      (_event, context) => context.invoke('bb'),
      'invoke of "bb": the processor "a" does not list it in invokes',
    ],
    [
      'what JSON cannot carry',
      (_event, context) => context.invoke('b', { cents: 1n }),
      'invoke of "b": data.cents is a BigInt',
    ],
    [
      'more than fits',
      (_event, context) => context.invoke('b', 'x'.repeat(6_000_001)),
      'invoke of "b": 6000003 bytes, more than the limit of 6000000',
    ],
  ])('for %s', async (_, a, message) => {
    const { of } = await invoke(() => {}, a)
    expect(of('end')[0]?.error).toMatchObject({ code: 'INVOKE_REFUSED', message })
    expect(of('start')).toHaveLength(1)
  })

  it('if JSON cannot carry its answer', async () => {
    const { got } = await invoke(() => ({ cents: 1n }), caught)
    expect(got[0]?.data).toEqual([
      'AttakError',
      'INVOKE_REFUSED',
      'the answer of "b" to an invoke: data.cents is a BigInt',
    ])
  })

  it('at the hop limit, so a cycle of invocations ends', async () => {
    const ping: Handler = (event, context) => context.invoke('b', event)
    const { of, summary } = await invoke({ invokes: ['b'], handler: ping }, ping, { hopLimit: 5 })
    expect(of('start')).toHaveLength(5)
    expect(of('end')[0]?.error?.code).toBe('HOP_LIMIT')
    expect(summary.failed).toBe(1)
  })

  it('after its handler has settled', async () => {
    let late: Promise<unknown> = Promise.resolve()
    await invoke(
      () => {},
      (_event, { invoke: call }) => {
        setImmediate(() => {
          late = call('b').then(undefined, (error) => error.code)
        })
      },
    )
    await new Promise(setImmediate)
    expect(await late).toBe('INVOKE_REFUSED')
  })
})

it('invoked handlers never wait for a free slot', async () => {
  const input = Array.from({ length: 20 }, (_, index) => ({ to: 'a', event: index }))
  const definition = { processors: { a: { invokes: ['b'], handler: pass }, b: async (n: number) => n + 1 } }
  const run = await runTopology(definition, input, { concurrency: 1 })
  expect(run.of('emit').map(({ data }) => data)).toEqual(input.map(({ event }) => event + 1))
})

it('a timeout of the caller does not end the invoked handler, and is reported', async () => {
  const { of, summary, timedOut } = await invoke(
    { handler: () => new Promise((resolve) => setTimeout(resolve, 200, 'late')), timeout: 5 },
    (event, context) => context.invoke('b', event),
    { timeout: 0.05 },
  )
  expect(of('end').map(({ processor, outcome, error }) => [processor, outcome, error?.code])).toEqual([
    ['a', 'failed', 'TIMEOUT'],
    ['b', 'ok', undefined],
  ])
  expect([summary.failed, timedOut]).toEqual([1, true])
})

describe('with any invocations', () => {
  const tree = fc.letrec((tie) => ({
    node: fc.record({
      ms: fc.nat(2),
      fails: fc.boolean(),
      waits: fc.boolean(),
      calls: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('node'), { maxLength: 2 })),
    }),
  })).node as fc.Arbitrary<Tree>
  interface Tree {
    readonly ms: number
    readonly fails: boolean
    readonly waits: boolean
    readonly calls: readonly Tree[]
  }
  const handler = async ({ ms, fails, waits, calls }: Tree, context: Context): Promise<number> => {
    const counts = calls.map((call) => context.invoke<number>('a', call).catch(() => 1))
    if (waits) await new Promise((resolve) => setTimeout(resolve, ms))
    context.emit('done', calls.length)
    const sizes = await Promise.all(counts)
    if (fails) throw new Error('told to')
    return sizes.reduce((sum, size) => sum + size, 1)
  }
  const definition = { processors: { a: { invokes: ['a'], handler }, b: () => {} }, streams: [['a', 'b']] }

  it('one input has one transcript, the same as lines and as entries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { maxLength: 4 }), async (trees) => {
        const input = trees.map((event) => ({ to: 'a', event }))
        const described = { name: 'E', message: 'as given' }
        const entries: unknown[] = []
        const recorder = recordEntries(
          (entry) => entries.push(entry),
          () => described,
        )
        await runTopology(definition, input, { recorder })
        let text = ''
        const lines = recordLines({ write: (block) => (text += block), describe: () => described })
        await runTopology(definition, input, { recorder: lines, concurrency: 1 })
        const sorted = (all: readonly string[]) => all.toSorted()
        const written = entries.map((entry) => JSON.stringify(entry))
        expect(sorted(text.trim().split('\n'))).toEqual(sorted(written))
      }),
      { numRuns: 20 },
    )
  })
})
