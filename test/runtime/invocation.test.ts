import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { idOf, rootIdOf } from '../../src/runtime/message.ts'
import { cutOff } from '../../src/runtime/settle.ts'
import type { Callback, Context } from '../../src/topology/handler.ts'
import { createFakeHost, invoke, outcomeOf, turn } from '../contract/host.ts'
import { messageOf, rootOf } from '../contract/message.ts'

const refuse = () => {
  throw new Error('refused')
}
const refuseLater = () => Promise.reject(new Error('refused'))

describe('H5: the context', () => {
  it('has the message, the processor, and the origin', () => {
    const parent = messageOf({ ordinal: 7 })
    const message = { topic: 'orders', key: 'k', hop: 3, attempt: 2, parent, root: rootOf(4) }
    const context = invoke(() => {}, { message })
    expect(context).toMatchObject({
      processor: 'b',
      topology: 'test',
      stage: 'dev',
      topic: 'orders',
      key: 'k',
      from: 'a',
      attempt: 2,
      hop: 3,
      parent: idOf(parent),
      root: rootIdOf(rootOf(4)),
      id: idOf(messageOf(message)),
    })
  })

  it('has no origin for an input', () => {
    const message = { edge: { from: undefined, to: 'b' }, parent: undefined, topic: undefined, hop: 1 }
    const { from, parent, topic, key, id, root } = invoke(() => {}, { message })
    expect([from, parent, topic, key]).toEqual([undefined, undefined, undefined, undefined])
    expect(id).toBe(root)
  })

  it('has its place in a W3C trace: one trace for each root, one span for each message', () => {
    const first = invoke(() => {}, { message: { ordinal: 0 } })
    const second = invoke(() => {}, { message: { ordinal: 1 } })
    expect(first.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(first.traceparent.split('-')[1]).toBe(first.root)
    expect(first.traceparent.split('-')[2]).toBe(first.id.slice(0, 16))
    expect(second.traceparent.split('-')[1]).toBe(first.root)
    expect(second.traceparent).not.toBe(first.traceparent)
  })

  it('has the remaining time, never below 0', () => {
    const host = createFakeHost()
    const context = invoke(() => new Promise(() => {}), { host, timeoutMs: 1000 })
    expect(context.getRemainingTimeInMillis()).toBe(1000)
    host.pass(400)
    expect(context.getRemainingTimeInMillis()).toBe(600)
    host.pass(1000)
    expect(context.getRemainingTimeInMillis()).toBe(0)
  })

  it('aborts its signal when time is up, and is then failed in any case', async () => {
    let settle: Callback | undefined
    const context = invoke((_event, _context, callback) => {
      settle = callback
    })
    const { signal } = context
    expect(signal.aborted).toBe(false)
    cutOff(context, new Error('time is up'))
    expect([signal.aborted, signal.reason]).toEqual([true, new Error('time is up')])
    settle?.()
    expect(outcomeOf(context)).toBe('time is up')
  })

  it('has an aborted signal even if it is read late', () => {
    const context = invoke(() => new Promise(() => {}))
    cutOff(context, new Error('time is up'))
    expect(context.signal.aborted).toBe(true)
  })

  it('is short when it is printed', () => {
    const texts: string[] = []
    invoke((_event, context) => void texts.push(inspect(context)), { message: { key: 'k' } })
    const [text] = texts
    expect(text).toContain("processor: 'b'")
    expect(text).not.toContain('host')
  })

  it('formats lines of its log like console', () => {
    const context = invoke((_event, { log }) => {
      log.debug('a %s', 'b', { c: 1 })
      log.info('i')
      log.warn('w')
      log.error('e')
    })
    expect(context.rare?.logs.map(({ level, text }) => `${level} ${text}`)).toEqual([
      'debug a b { c: 1 }',
      'info i',
      'warn w',
      'error e',
    ])
  })
})

describe('H2: emit', () => {
  it('is found by destructuring too', () => {
    const { emits } = invoke((_event, { emit }) => emit('t', 1))
    expect(emits.map(({ topic, data }) => [topic, data])).toEqual([['t', 1]])
  })

  it.each<[string, (context: Context, callback: Callback) => unknown]>([
    ['emit(topic, data, options, callback)', ({ emit }, callback) => emit('t', 1, { key: 'k' }, callback)],
    ['emit(topic, callback)', ({ emit }, callback) => emit('t', callback)],
    ['emit(topic, data, callback)', ({ emit }, callback) => emit('t', 1, callback)],
    ['emit(topic, data, undefined, callback)', ({ emit }, callback) => emit('t', 1, undefined, callback)],
  ])('%s calls back when it is accepted', async (_, emit) => {
    let calls = 0
    const invocation = invoke((_event, context, callback) => {
      emit(context, (error) => {
        calls++
        callback(error)
      })
    })
    await turn()
    expect([calls, outcomeOf(invocation)]).toEqual([1, 'ok'])
  })

  it('returns a promise that resolves when it is accepted', async () => {
    const host = createFakeHost(() => turn())
    const order: string[] = []
    const invocation = invoke(
      async (_event, { emit }) => {
        order.push('before')
        await emit('t')
        order.push('after')
      },
      { host },
    )
    order.push('returned')
    await turn()
    await turn()
    await turn()
    expect([order, outcomeOf(invocation)]).toEqual([['before', 'returned', 'after'], 'ok'])
  })

  it.each<[string, (context: Context) => unknown, RegExp]>([
    ['an empty topic', ({ emit }) => emit(''), /the topic must be a string that is not empty/],
    [
      'a topic that is no string',
      ({ emit }) => emit(1 as never),
      /the topic must be a string that is not empty, got 1/,
    ],
    [
      'an option that there is not',
      ({ emit }) => emit('t', 1, { kee: 'x' } as never),
      /no option "kee". Did you mean "key"\?/,
    ],
    ['options that are none', ({ emit }) => emit('t', 1, 'k' as never), /options must be an object, got string/],
    ['a key that is no string', ({ emit }) => emit('t', 1, { key: 1 } as never), /options.key must be a string, got 1/],
  ])('refuses %s', async (_, emit, message) => {
    const invocation = invoke((_event, context) => void emit(context))
    await turn()
    expect(outcomeOf(invocation)).toMatch(message)
    expect(invocation.failure?.error).toMatchObject({ code: 'EMIT_REFUSED' })
  })
})

describe.each([
  ['at once', refuse],
  ['later', refuseLater],
])('H3: an emit that is refused %s', (_, accept) => {
  const emitting = async (handler: (context: Context) => unknown) => {
    const invocation = invoke((_event, context) => handler(context), { host: createFakeHost(accept) })
    await turn()
    await turn()
    return outcomeOf(invocation)
  }

  it('fails the message if the handler does not catch it', async () => {
    expect(await emitting(({ emit }) => void emit('t'))).toBe('refused')
  })

  it.each<[string, (context: Context) => unknown]>([
    ['catch', ({ emit }) => void emit('t').catch(() => {})],
    ['then with two functions', ({ emit }) => void emit('t').then(undefined, () => {})],
    ['a callback', ({ emit }) => void emit('t', 1, () => {})],
    [
      'try and await',
      async ({ emit }) => {
        try {
          await emit('t')
        } catch {}
      },
    ],
    ['Promise.allSettled', ({ emit }) => Promise.allSettled([emit('t'), emit('t')])],
  ])('does not fail the message if caught by %s', async (_name, handler) => {
    expect(await emitting(handler)).toBe('ok')
  })

  it.each<[string, (context: Context) => unknown]>([
    ['returns it', ({ emit }) => emit('t')],
    ['awaits it', async ({ emit }) => await emit('t')],
    ['awaits several', ({ emit }) => Promise.all([emit('t'), emit('t')])],
  ])('fails the handler that %s', async (_name, handler) => {
    expect(await emitting(handler)).toBe('refused')
  })

  it('does not hide why the handler itself failed', async () => {
    const handler = ({ emit }: Context) => {
      emit('t')
      throw new Error('its own')
    }
    expect(await emitting(handler)).toBe('its own')
  })
})

describe('an emit that comes too late', () => {
  it('is refused with EMIT_AFTER_END, and reported to its host', async () => {
    const host = createFakeHost()
    const context = invoke(() => {}, { host })
    await expect(context.emit('t', 1)).rejects.toMatchObject({ code: 'EMIT_AFTER_END' })
    expect(host.lateErrors).toHaveLength(1)
    expect(context.emits).toEqual([])
  })

  it('calls its callback with the error', async () => {
    const context = invoke(() => {})
    const errors: unknown[] = []
    context.emit('t', 1, (error) => errors.push(error)).catch(() => {})
    await turn()
    expect(errors).toMatchObject([{ code: 'EMIT_AFTER_END' }])
  })
})

it('an emit callback that throws fails the handler, and does not end the process', async () => {
  const invocation = invoke((_event, { emit }, _callback) => {
    emit('t', 1, () => {
      throw new Error('in the callback')
    })
  })
  await turn()
  expect(outcomeOf(invocation)).toBe('in the callback')
})
