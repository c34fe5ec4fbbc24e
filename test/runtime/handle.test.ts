import { describe, expect, it } from 'vitest'
import { type ProcessorRuntime, rareOf } from '../../src/runtime/invocation.ts'
import { cutOff } from '../../src/runtime/settle.ts'
import type { Callback, Context } from '../../src/topology/handler.ts'
import { createFakeHost, invoke, outcomeOf, turn } from '../contract/host.ts'

const settlesLater = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Gives `value` a `then`: what a handler may return. */
const thenable = (value: object, then: (resolve: () => void) => unknown) =>
  Object.defineProperty(value, 'then', { value: then })

describe('H1: a handler settles', () => {
  it.each<[string, (event: unknown, context: Context) => unknown]>([
    ['at once by returning nothing', () => {}],
    ['at once by returning a value', () => 'value'],
    ['at once by returning an object whose then is no function', () => Object.fromEntries([['then', 1]])],
    ['at once by returning null', () => null],
  ])('%s', (_, handler) => {
    expect(outcomeOf(invoke(handler))).toBe('ok')
  })

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve()],
    ['a thenable of any making', thenable({}, (resolve) => setImmediate(resolve))],
    [
      'a function with then',
      thenable(
        () => {},
        (resolve) => setImmediate(resolve),
      ),
    ],
  ])('when %s that it returned resolves', async (_, returned) => {
    const invocation = invoke(() => returned)
    expect(outcomeOf(invocation)).toBe('running')
    await turn()
    await turn()
    expect(outcomeOf(invocation)).toBe('ok')
  })

  it('by its callback alone when it declares three parameters', async () => {
    let call: Callback | undefined
    const invocation = invoke((_event, _context, callback) => {
      call = callback
      return 'ignored'
    })
    await turn()
    expect(outcomeOf(invocation)).toBe('running')
    call?.()
    expect(outcomeOf(invocation)).toBe('ok')
  })

  it('by its callback even while it still runs', () => {
    expect(outcomeOf(invoke((_event, _context, callback) => callback(new Error('no'))))).toBe('no')
  })

  it('by its callback with fewer parameters if callback is true', async () => {
    let call: Callback | undefined
    const handler = (...args: unknown[]) => {
      call = args[2] as Callback
    }
    const invocation = invoke(handler, { settlesByCallback: true })
    await turn()
    expect(outcomeOf(invocation)).toBe('running')
    call?.(null, 'result')
    expect(outcomeOf(invocation)).toBe('ok')
  })

  it('by a promise too when it declares three parameters: whichever settles first', async () => {
    const invocation = invoke((_event, _context, _callback) => settlesLater())
    await turn()
    await turn()
    expect(outcomeOf(invocation)).toBe('ok')
  })

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'ok'],
    ['null', null, 'ok'],
    ['an error', new Error('no'), 'no'],
    ['a text', 'no', "'no'"],
    ['false', false, 'false'],
    ['0', 0, '0'],
    ['an empty text', '', "''"],
  ])('with %s as first argument of the callback', (_, argument, outcome) => {
    expect(outcomeOf(invoke((_event, _context, callback) => callback(argument)))).toBe(outcome)
  })

  it('with its own this', () => {
    const self = {
      prefix: '>',
      seen: '',
      handler(event: unknown) {
        this.seen = `${this.prefix}${event}`
      },
    }
    invoke(self.handler as never, { self, event: 'x' })
    expect(self.seen).toBe('>x')
  })

  it('with an event, a context and a callback, with any parameters', () => {
    let given: unknown[] = []
    const invocation = invoke(
      (...args) => {
        given = args
      },
      { event: { n: 1 } },
    )
    expect(given).toEqual([{ n: 1 }, expect.objectContaining({ id: invocation.id }), expect.any(Function)])
  })
})

describe('H1: the first to settle wins', () => {
  it.each<[string, (event: unknown, context: Context, callback: Callback) => unknown, string]>([
    [
      'the callback twice',
      (_event, _context, callback) => {
        callback()
        callback(new Error('second'))
      },
      'ok',
    ],
    [
      'a throw after the callback',
      (_event, _context, callback) => {
        callback()
        throw new Error('after')
      },
      'ok',
    ],
    [
      'a rejection after the callback',
      async (_event, _context, callback) => {
        callback(new Error('first'))
        await undefined
        throw new Error('after')
      },
      'first',
    ],
    [
      'a callback after the promise',
      async (_event, _context, callback) => {
        setImmediate(callback, new Error('after'))
      },
      'ok',
    ],
    [
      'done after succeed',
      (_event, context, _callback) => {
        context.succeed()
        context.done(new Error('after'))
      },
      'ok',
    ],
  ])('%s', async (_, handler, outcome) => {
    const invocation = invoke(handler)
    await turn()
    await turn()
    expect(outcomeOf(invocation)).toBe(outcome)
  })

  it('and a callback after a return does nothing', async () => {
    const handler = (...args: unknown[]) => {
      setImmediate(args[2] as Callback, new Error('after'))
    }
    const invocation = invoke(handler)
    await turn()
    expect(outcomeOf(invocation)).toBe('ok')
  })
})

describe('H4: a handler fails', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an error thrown',
      () => {
        throw new Error('no')
      },
      'no',
    ],
    [
      'undefined thrown',
      () => {
        throw undefined
      },
      'undefined',
    ],
    [
      'null thrown',
      () => {
        throw null
      },
      'null',
    ],
    ['a rejection', () => Promise.reject(new Error('no')), 'no'],
    ['a rejection with nothing', () => Promise.reject(), 'undefined'],
    [
      'a then that throws',
      () =>
        thenable({}, () => {
          throw new Error('no')
        }),
      'no',
    ],
  ])('by %s', async (_, handler, outcome) => {
    const invocation = invoke(handler)
    await turn()
    expect(invocation.failure).toBeDefined()
    expect(outcomeOf(invocation)).toBe(outcome)
  })

  it('with what it emitted before', () => {
    const invocation = invoke((_event, context) => {
      context.emit('t', 1)
      throw new Error('no')
    })
    expect(invocation.emits.map(({ data }) => data)).toEqual([1])
    expect(outcomeOf(invocation)).toBe('no')
  })
})

describe('H6: context.succeed, fail and done', () => {
  it.each<[string, (context: Context) => void, string]>([
    ['succeed', (context) => context.succeed('result'), 'ok'],
    ['fail', (context) => context.fail(new Error('no')), 'no'],
    ['fail without an error', (context) => context.fail(), 'context.fail was called without an error'],
    ['done', (context) => context.done(), 'ok'],
    ['done with null', (context) => context.done(null, 'result'), 'ok'],
    ['done with an error', (context) => context.done(new Error('no')), 'no'],
  ])('%s settles, even long after the return', async (_, settle, outcome) => {
    expect(outcomeOf(invoke((_event, context) => settle(context)))).toBe(outcome)
    const invocation = invoke((_event, context) => {
      const { succeed, fail, done } = context
      setImmediate(() => settle({ ...context, succeed, fail, done } as Context))
    })
    expect(outcomeOf(invocation)).toBe('running')
    await turn()
    expect(outcomeOf(invocation)).toBe(outcome)
  })

  it('do not prevent a handler that never reads them from settling by its return', () => {
    expect(outcomeOf(invoke((_event, context) => void context.id))).toBe('ok')
  })
})

describe('H3: an invocation is complete', () => {
  it('when every emit was accepted, and not before', async () => {
    const releases: (() => void)[] = []
    const host = createFakeHost(() => new Promise((resolve) => releases.push(resolve)))
    const invocation = invoke(
      (_event, { emit }) => {
        emit('t', 1)
        emit('t', 2)
      },
      { host },
    )
    expect(invocation.phase).toBe('settled')
    releases[0]?.()
    await turn()
    expect(invocation.phase).toBe('settled')
    releases[1]?.()
    await turn()
    expect(invocation.phase).toBe('complete')
    expect(host.completions).toEqual([invocation])
  })

  it('as failed when one of its emits was refused, whichever it was and however many', async () => {
    for (const refused of [1, 2, 3]) {
      const error = new Error(`no ${refused}`)
      const accept = (_topic: string, data: unknown) => (data === refused ? Promise.reject(error) : Promise.resolve())
      const invocation = invoke(
        (_event, { emit }) => {
          for (const data of [1, 2, 3]) emit('t', data)
        },
        { host: createFakeHost(accept) },
      )
      await turn()
      expect([invocation.phase, invocation.failure]).toEqual(['complete', { error }])
    }
  })

  it('once, when it was cut off before its emits were accepted', async () => {
    const releases: (() => void)[] = []
    const host = createFakeHost(() => new Promise((resolve) => releases.push(resolve)))
    const invocation = invoke((_event, { emit }) => void emit('t', 1), { host })
    const error = new Error('its time is up')
    cutOff(invocation, error)
    releases[0]?.()
    await turn()
    expect(host.completions).toEqual([invocation])
    expect([invocation.phase, invocation.failure]).toEqual(['complete', { error }])
  })

  it('at once if its handler and its emits were done before it returned', () => {
    expect(invoke((_event, { emit }) => void emit('t')).phase).toBe('complete')
  })

  it('without later emits and invokes, even if others are in flight', async () => {
    const inFlight: Record<string, () => undefined | Promise<void>> = {
      'an emit': () => Promise.resolve(),
      'an emit that is refused at once': () => {
        throw new Error('no')
      },
      'an emit that is refused later': () => Promise.reject(new Error('no')),
    }
    const settling: Record<string, ProcessorRuntime['handler']> = {
      'by returning': (_event, { emit, invoke }) => {
        const again = () => {
          emit('second')
          invoke('c')
        }
        emit('first', 1).then(again, again)
      },
      'by its callback': (_event, { emit, invoke }, callback) => {
        emit('first', 1).catch(() => {})
        callback()
        emit('second')
        invoke('c')
      },
      'by context.succeed': (_event, context) => {
        context.emit('first', 1).catch(() => {})
        context.succeed()
        context.emit('second')
        context.invoke('c')
      },
    }
    for (const [flying, accept] of Object.entries(inFlight)) {
      for (const [how, handler] of Object.entries(settling)) {
        const host = createFakeHost((topic) => (topic === 'first' ? accept() : undefined))
        const invocation = invoke(handler, { host, invokes: ['c'] })
        await turn()
        const emitted = invocation.emits.map(({ topic }) => topic)
        const codes = host.lateErrors.map((error) => 'code' in error && error.code)
        expect({ flying, how, emitted, codes }).toEqual({
          flying,
          how,
          emitted: flying === 'an emit that is refused at once' ? [] : ['first'],
          codes: ['EMIT_AFTER_END', 'INVOKE_REFUSED'],
        })
        expect([invocation.phase, invocation.failure]).toEqual(['complete', undefined])
      }
    }
  })
})

describe('with the setting callback: true', () => {
  const callback = { settlesByCallback: true, ignoresFulfillment: true }

  it('a fulfilled promise does not settle it, but its callback does', async () => {
    let done: Callback = () => {}
    const invocation = invoke(async (_event, _context, given) => {
      done = given
    }, callback)
    await turn()
    expect(invocation.phase).toBe('running')
    done(null, 'value')
    expect(outcomeOf(invocation)).toBe('ok')
  })

  it('the callback fails it after the promise has fulfilled', async () => {
    const invocation = invoke((_event, _context, done) => {
      setImmediate(() => done(new Error('by callback')))
      return Promise.resolve('value')
    }, callback)
    await turn()
    await new Promise((resolve) => setImmediate(resolve))
    expect(invocation.failure?.error).toMatchObject({ message: 'by callback' })
  })

  it('the result is that of context.succeed, not of the promise', async () => {
    const invocation = invoke(async (_event, context) => {
      await null
      context.succeed('by succeed')
      return 'by promise'
    }, callback)
    rareOf(invocation).invoked = { result: undefined }
    await turn()
    expect(invocation.rare?.invoked?.result).toBe('by succeed')
  })

  it.each<[string, ProcessorRuntime['handler']]>([
    ['a rejection', () => Promise.reject(new Error('no'))],
    [
      'a throw',
      () => {
        throw new Error('no')
      },
    ],
    [
      'a throw after an await',
      async () => {
        await null
        throw new Error('no')
      },
    ],
  ])('%s still fails it', async (_, handler) => {
    const invocation = invoke(handler, callback)
    await turn()
    expect(invocation.failure?.error).toMatchObject({ message: 'no' })
  })
})
