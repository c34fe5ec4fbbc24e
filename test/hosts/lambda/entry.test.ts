import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Context, Handler } from '../../../src/topology/handler.ts'
import { type FakeCloud, triggerOf } from './cloud.ts'
import { deploy } from './deploy.ts'

const linesOf = (cloud: FakeCloud, kind: string) => cloud.lines.filter(({ attak }) => attak === kind)
const fail = () => {
  throw new Error('no')
}

describe('a function receives', () => {
  it('an event from anywhere, and handles it as an input', async () => {
    const events: unknown[] = []
    const cloud = deploy({
      a: (event, { topic, from, hop, id, root }) => void events.push([event, topic, from, hop, id === root]),
    })
    for (const event of [{ detail: 1 }, 'text', null, { Records: [{ eventSource: 'aws:s3' }] }]) {
      expect(await cloud.invoke('a', event)).toBeUndefined()
    }
    expect(events).toEqual(
      [{ detail: 1 }, 'text', null, { Records: [{ eventSource: 'aws:s3' }] }].map((event) => {
        return [event, undefined, undefined, 1, true]
      }),
    )
  })

  it('events of attak trigger, with topic, key and id', async () => {
    let seen: unknown
    const cloud = deploy({
      a: (event, { topic, key, id }) => {
        seen = [event, topic, key, id]
      },
    })
    const trigger = triggerOf({ event: [1], topic: 't', key: 'k' }, 3) as { id: string }
    await cloud.invoke('a', trigger)
    expect(seen).toEqual([[1], 't', 'k', trigger.id])
  })

  it('foreign records, over streams that name their topic or none', async () => {
    const seen: unknown[] = []
    const handler = (event: unknown) => void seen.push(event)
    const record = (body: string) => ({ Records: [{ eventSource: 'fake', position: 'b/0/1', key: undefined, body }] })
    const open = deploy({ a: () => {}, b: handler }, [{ from: 'a', to: 'b' }])
    const closed = deploy({ a: () => {}, b: handler }, [{ from: 'a', to: 'b', topics: ['t'] }])
    for (const cloud of [open, closed]) expect(await cloud.invoke('b', record('{"n":1}'))).toEqual([])
    expect(seen).toEqual([{ n: 1 }])
  })
})

describe('an emit', () => {
  it('reaches all its receivers as the same message, over any number of channels', async () => {
    const seen: unknown[] = []
    const handler = (event: unknown, { processor, id, attempt }: Context) =>
      void seen.push([processor, event, id, attempt])
    const streams = [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
      { from: 'a', to: 'd', stream: 'both' },
      { from: 'a', to: 'e', stream: 'both' },
    ]
    const a: Handler = (event, context) => context.emit('t', event)
    const cloud = deploy({ a, b: handler, c: handler, d: handler, e: handler }, streams)
    await cloud.invoke('a', [1])
    await cloud.drain()
    const id = linesOf(cloud, 'end').at(-1)?.message
    expect(seen.toSorted()).toEqual(['b', 'c', 'd', 'e'].map((processor) => [processor, [1], id, 1]))
  })
})

describe('a message that fails for good', () => {
  it('is acknowledged, and logged with what led to it and without its data', async () => {
    const cloud = deploy({ a: (_, context) => context.emit('t', 'secret', { key: 'k' }), b: fail }, [
      { from: 'a', to: 'b' },
    ])
    await cloud.invoke('a', 'secret')
    await cloud.drain()
    const [line] = linesOf(cloud, 'error')
    expect(line).toMatchObject({ level: 'error', processor: 'b', from: 'a', topic: 't', key: 'k', hop: 2, attempt: 1 })
    expect(line).toMatchObject({
      position: 'b/0/0',
      error: { message: 'no' },
      parent: linesOf(cloud, 'end')[0]?.message,
    })
    expect(line).toMatchObject({ error: { stack: expect.stringContaining('entry.test.ts') } })
    expect(JSON.stringify(cloud.lines)).not.toContain('secret')
  })

  it('fails the invocation if an event could not be handled in time, so the platform keeps it', async () => {
    const handler = (_: unknown, context: Context) => void context.emit('t')
    const cloud = deploy({ a: handler, b: () => {} }, [{ from: 'a', to: 'b' }], { refuses: () => true, forMs: 2000 })
    await expect(cloud.invoke('a', 1)).rejects.toMatchObject({ code: 'EMIT_NOT_ACCEPTED' })
  })
})

it('a message that waits in its stream holds the invocation, instead of being delivered again at once', async () => {
  const failing = { handler: fail, retries: 1, backoff: { firstMs: 60_000, jitter: false } }
  const cloud = deploy({ a: () => {}, b: failing }, [{ from: 'a', to: 'b' }], { forMs: 10_000 })
  const record = { eventSource: 'fake', position: 'b/0/1', key: 'k', body: '{}' }
  expect(await cloud.invoke('b', { Records: [record] })).toEqual(['b/0/1'])
  await cloud.invoke('a', 1)
  const [postponed, next] = linesOf(cloud, 'end').map(({ time }) => Date.parse(String(time)))
  expect(next! - postponed!).toBe(9000)
})

describe('a log has', () => {
  it('one line for the end of each attempt', async () => {
    const flaky = { handler: (_: unknown, { attempt }: Context) => (attempt === 1 ? fail() : undefined), retries: 1 }
    const cloud = deploy({ a: flaky })
    await cloud.invoke('a', 1)
    const [first, second] = linesOf(cloud, 'end')
    expect(first).toMatchObject({
      level: 'warn',
      outcome: 'retry',
      attempt: 1,
      error: { name: 'Error', message: 'no' },
    })
    expect(second).toMatchObject({ level: 'info', outcome: 'ok', attempt: 2, processor: 'a', message: first?.message })
    expect(String(second?.position)).toMatch(/^invoke\//)
  })

  it('the origin, position and result of each message, without its event', async () => {
    const handler = (_: unknown, context: Context) => void context.emit('a "t"', 'secret')
    const cloud = deploy({ a: handler, b: handler, c: () => fail() }, [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ])
    await cloud.invoke('a', 'secret')
    await cloud.drain()
    const [a, b, c] = linesOf(cloud, 'end')
    expect(Object.keys(a!)).toEqual([
      ...['time', 'level', 'attak', 'processor', 'message', 'root'],
      ...['hop', 'attempt', 'position', 'outcome'],
    ])
    expect(a?.message).toBe(a?.root)
    const shared = { root: a?.root, topic: 'a "t"', attempt: 1 }
    expect(b).toMatchObject({ ...shared, parent: a?.message, from: 'a', hop: 2, position: 'b/0/0', outcome: 'ok' })
    expect(c).toMatchObject({ ...shared, parent: b?.message, from: 'b', hop: 3, position: 'c/0/1', outcome: 'failed' })
    expect(JSON.stringify(cloud.lines.filter(({ attak }) => attak !== 'output'))).not.toContain('secret')
  })

  it('the event too, as the handler received it, if logEvents is true', async () => {
    const greedy = (event: unknown) => Object.assign(event as object, { total: 'changed' })
    const cloud = deploy({ a: { handler: greedy, logEvents: true } })
    await cloud.invoke('a', { total: 3 })
    await cloud.invoke('a', { text: 'x'.repeat(300_000) })
    const [event, large] = linesOf(cloud, 'end')
    expect(event?.data).toEqual({ total: 3 })
    expect(large).not.toHaveProperty('data')
  })

  it('the lines of handlers with their message, also after an await', async () => {
    const cloud = deploy({
      a: async (event, { log }) => {
        cloud.console.log('before', event)
        await undefined
        cloud.console.warn('after %d', 1)
        log.debug({ a: 1 })
      },
    })
    await cloud.invoke('a', 7)
    const [end] = linesOf(cloud, 'end')
    expect(linesOf(cloud, 'log').map(({ level, text, message }) => [level, text, message])).toEqual([
      ['info', 'before 7', end?.message],
      ['warn', 'after 1', end?.message],
      ['debug', '{ a: 1 }', end?.message],
    ])
  })

  it('outputs, unless outputs is false', async () => {
    const handler = (_: unknown, context: Context) => {
      context.emit('t', { n: 1 }, { key: 'k' })
      context.emit('t')
    }
    const cloud = deploy({ a: handler, b: { handler, outputs: false } })
    await cloud.invoke('a', 1)
    await cloud.invoke('b', 1)
    expect(linesOf(cloud, 'output').map(({ processor, topic, key, data }) => [processor, topic, key, data])).toEqual([
      ['a', 't', 'k', { n: 1 }],
      ['a', 't', undefined, undefined],
    ])
  })

  it('an error for an emit after the end', async () => {
    let late: Promise<unknown> | undefined
    const cloud = deploy({
      a: (_, context) => {
        late = Promise.resolve().then(() => context.emit('t').then(undefined, (error: { code: string }) => error.code))
      },
    })
    await cloud.invoke('a', 1)
    expect(await late).toBe('EMIT_AFTER_END')
    await cloud.invoke('a', 2)
    expect(linesOf(cloud, 'log')[0]).toMatchObject({ level: 'error', processor: 'a', code: 'EMIT_AFTER_END' })
  })

  it('nothing below the level that is set', async () => {
    const handler = (_: unknown, { log }: Context) => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level)
    }
    for (const [set, rest] of [
      ['INFO', 3],
      ['WARN', 2],
      ['FATAL', 0],
      [undefined, 4],
      ['loud', 4],
    ] as const) {
      const cloud = deploy({ a: handler }, [], { env: set === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: set } })
      await cloud.invoke('a', 1)
      expect(linesOf(cloud, 'log').map(({ text }) => text)).toEqual(['debug', 'info', 'warn', 'error'].slice(4 - rest))
      expect(linesOf(cloud, 'end')).toHaveLength(rest >= 3 ? 1 : 0)
    }
  })
})

describe('H7: context.invoke', () => {
  it('returns the result of the other function', async () => {
    let seen: unknown
    const cloud = deploy({
      a: {
        handler: async (event, context) => {
          seen = await context.invoke('b', event)
        },
        invokes: ['b'],
      },
      b: (event: number, { topic, from, hop }: Context) => ({ twice: event * 2, topic, from, hop }),
    })
    await cloud.invoke('a', 21)
    expect(seen).toEqual({ twice: 42, topic: 'attak.invoke', from: 'a', hop: 2 })
  })

  it('fails with the error of the other handler, which is not retried there', async () => {
    let seen: unknown
    const cloud = deploy({
      a: {
        handler: async (_, context) => {
          seen = await context.invoke('b').then(undefined, (error: unknown) => error)
        },
        invokes: ['b'],
      },
      b: { handler: () => Promise.reject(Object.assign(new RangeError('too far'), { code: 'FAR' })), retries: 3 },
    })
    await cloud.invoke('a', 1)
    expect(seen).toMatchObject({ name: 'RangeError', message: 'too far', code: 'FAR' })
    expect(linesOf(cloud, 'end').map(({ processor, outcome }) => [processor, outcome])).toEqual([
      ['b', 'failed'],
      ['a', 'ok'],
    ])
    expect(linesOf(cloud, 'error')).toEqual([])
  })

  it('is retried by the retries of its caller if the other function refuses the data', async () => {
    const handler: Handler = (_, context) => context.invoke('b', 'no number')
    const a = { handler, invokes: ['b'], retries: 2, backoff: { firstMs: 1 } }
    const cloud = deploy({ a, b: { handler: () => 1, input: z.number() } })
    await cloud.invoke('a', 1)
    const ends = linesOf(cloud, 'end').filter(({ processor }) => processor === 'a')
    expect(ends.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'failed'])
  })

  it('fails if the other function cannot be called, or crashes', async () => {
    for (const answer of [
      { ok: false, code: 'ResourceNotFoundException', message: 'no such function', status: 404, passing: false },
      {
        ok: true,
        value: { errorType: 'Runtime.ExitError', errorMessage: 'exited' },
        headers: { 'x-amz-function-error': 'Unhandled' },
      },
    ] as const) {
      const handler: Handler = (_, context) => context.invoke('b')
      const cloud = deploy({ a: { handler, invokes: ['b'] }, b: () => {} }, [], { call: () => answer })
      await cloud.invoke('a', 1)
      expect(linesOf(cloud, 'error')[0]).toMatchObject({ processor: 'a', error: { code: 'INVOKE_FAILED' } })
    }
  })

  it('repeats a throttled call', async () => {
    let calls = 0
    let seen: unknown
    const throttled = {
      ok: false,
      code: 'TooManyRequestsException',
      message: 'slow',
      status: 429,
      passing: true,
    } as const
    const cloud = deploy(
      {
        a: {
          handler: async (_, context) => {
            seen = await context.invoke('b')
          },
          invokes: ['b'],
        },
        b: () => {},
      },
      [],
      { call: () => (++calls < 3 ? throttled : { ok: true, value: { result: 'at last' }, headers: {} }) },
    )
    await cloud.invoke('a', 1)
    expect([seen, calls]).toEqual(['at last', 3])
  })
})

describe('a function that cannot load its processor', () => {
  it('fails, and loads again at the next invocation', async () => {
    let loads = 0
    const cloud = deploy({ a: () => {} }, [], {
      load: () => {
        if (++loads === 1) throw new Error('not yet')
      },
    })
    await expect(cloud.invoke('a', 1)).rejects.toThrow('not yet')
    expect(await cloud.invoke('a', 1)).toBeUndefined()
  })
})
