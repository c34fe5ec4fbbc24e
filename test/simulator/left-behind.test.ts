import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

describe('H9: what a handler leaves behind', () => {
  /** A stand-in for the process's uncaught errors, which a test runner would take for its own. */
  const uncaughtErrors = () => {
    let take: ((error: unknown) => boolean) | undefined
    return {
      onUncaught(given: (error: unknown) => boolean) {
        take = given
        return () => {
          take = undefined
        }
      },
      /** Runs what may throw as the process would: nobody catches. */
      run(code: () => void) {
        try {
          code()
        } catch (error) {
          return take?.(error)
        }
      },
    }
  }

  it('an uncaught error in a timer fails the handler that still runs', async () => {
    const uncaught = uncaughtErrors()
    const a = (_event: unknown, _context: Context, _callback: unknown) => {
      setTimeout(() => {
        uncaught.run(() => {
          throw new Error('in a timer')
        })
      }, 1)
    }
    const run = await runTopology({ processors: { a } }, { a: 1 }, { onUncaught: uncaught.onUncaught })
    expect(run.of('end')).toMatchObject([{ outcome: 'failed', error: { message: 'in a timer' } }])
  })

  it('an uncaught error after it had settled is a line and its own failure', async () => {
    const uncaught = uncaughtErrors()
    const a = async () => {
      setTimeout(() => {
        uncaught.run(() => {
          throw new Error('in a timer')
        })
      }, 1)
    }
    const b = () => new Promise((resolve) => setTimeout(resolve, 15))
    const run = await runTopology({ processors: { a, b } }, { a: 1, b: 1 }, { onUncaught: uncaught.onUncaught })
    expect(run.summary).toMatchObject({ handled: { a: 1, b: 1 }, failed: 1 })
    expect(run.of('log')).toMatchObject([
      { processor: 'a', level: 'error', text: expect.stringContaining('in a timer') },
    ])
  })

  it('an uncaught error of an earlier handler never fails another', async () => {
    const uncaught = uncaughtErrors()
    const a = () => {
      setTimeout(() => {
        uncaught.run(() => {
          throw new Error('in a timer')
        })
      }, 1)
    }
    const b = async () => new Promise((resolve) => setTimeout(resolve, 15))
    const run = await runTopology({ processors: { a, b } }, { a: 1, b: 1 }, { onUncaught: uncaught.onUncaught })
    expect(run.summary.handled).toEqual({ a: 1, b: 1 })
  })

  it('an uncaught error of no handler is left to the process', async () => {
    const uncaught = uncaughtErrors()
    const taken: unknown[] = []
    setTimeout(() => {
      taken.push(
        uncaught.run(() => {
          throw new Error('of the test')
        }),
      )
    }, 2)
    const a = () => new Promise((resolve) => setTimeout(resolve, 15))
    await runTopology({ processors: { a } }, { a: 1 }, { onUncaught: uncaught.onUncaught })
    expect(taken).toEqual([false])
  })

  it('a line of a forgotten promise still has its message', async () => {
    const target = Object.assign(Object.create(globalThis.console), {})
    const a = async (event: string) => {
      Promise.resolve().then(() => target.log('forgotten', event))
      setTimeout(() => target.warn('later', event), 1)
    }
    const b = () => new Promise((resolve) => setTimeout(resolve, 15))
    const input = [
      { to: 'a', event: 'x' },
      { to: 'a', event: 'y' },
      { to: 'b', event: 1 },
    ]
    const run = await runTopology({ processors: { a, b } }, input, { console: target })
    const [x, y] = run.of('start').map(({ message }) => message)
    const lines = run.of('log').map(({ message, text }) => [message, text])
    expect(lines.filter(([message]) => message === x).map(([, text]) => text)).toEqual(['forgotten x', 'later x'])
    expect(lines.filter(([message]) => message === y).map(([, text]) => text)).toEqual(['forgotten y', 'later y'])
  })

  it('a line in a timer of a settled handler belongs to it, not to a running one', async () => {
    const console = Object.assign(Object.create(globalThis.console), { log: () => {} })
    const a = (event: number) => {
      setTimeout(() => console.log(`left by ${event}`), 5)
    }
    const b = () => new Promise((resolve) => setTimeout(resolve, 15))
    const inputs = [1, 2].map((event) => ({ to: 'a', event }))
    const run = await runTopology({ processors: { a, b } }, [...inputs, { to: 'b', event: 3 }], { console })
    const [first, second] = run.of('start').map(({ message }) => message)
    expect(run.of('log').map(({ message, text }) => [message, text])).toEqual([
      [first, 'left by 1'],
      [second, 'left by 2'],
    ])
  })

  it('a handler that continues after it failed still has its own attempt', async () => {
    const attempts: number[] = []
    const a = (_event: unknown, context: Context) => {
      if (context.attempt > 1) return
      setTimeout(() => attempts.push(context.attempt), 5)
      throw new Error('no')
    }
    const b = () => new Promise((resolve) => setTimeout(resolve, 15))
    await runTopology({ retries: 1, processors: { a, b } }, { a: 1, b: 1 })
    expect(attempts).toEqual([1])
  })
})

it('errors of a handler after the end of the run are not failures', async () => {
  const stop = new AbortController()
  const a = (_event: unknown, { signal, emit }: Context) => {
    signal.addEventListener('abort', () => queueMicrotask(() => void emit('late')))
    stop.abort()
    return new Promise(() => {})
  }
  const { summary } = await runTopology({ processors: { a } }, { a: 1 }, { signal: stop.signal })
  expect(summary.failed).toBe(0)
})

describe('after a handler returned from any number of messages at once', () => {
  /** Leaves an error behind that nobody catches, in each way that code can. */
  const ways: Record<string, (fail: () => void) => void> = {
    setTimeout: (fail) => void setTimeout(fail, 1),
    setImmediate: (fail) => void setImmediate(fail),
    nextTick: (fail) => process.nextTick(fail),
    queueMicrotask: (fail) => queueMicrotask(fail),
    'a promise': (fail) => void Promise.resolve().then(fail),
    'an event emitter': (fail) => {
      const emitter = new EventEmitter().on('late', fail)
      setTimeout(() => emitter.emit('late'), 1)
    },
  }
  for (const [way, leave] of Object.entries(ways)) {
    for (const parameters of [2, 3]) {
      it(`an error left in ${way} belongs to its handler (${parameters} parameters)`, async () => {
        let take: (error: unknown) => boolean = () => false
        const taken: boolean[] = []
        const left = (event: number) => {
          if (event === 100) leave(() => taken.push(take(new Error('left behind'))))
        }
        const a =
          parameters === 2
            ? left
            : (event: number, _context: Context, callback: () => void) => {
                left(event)
                callback()
              }
        const input = Array.from({ length: 100 }, (_, index) => ({ to: 'a', event: index + 1 }))
        const wait = () => new Promise((resolve) => setTimeout(resolve, 15))
        const onUncaught = (given: typeof take) => {
          take = given
          return () => {}
        }
        const run = await runTopology({ processors: { a, wait } }, [...input, { to: 'wait', event: 1 }], { onUncaught })
        expect(taken).toEqual([true])
        expect(run.summary).toMatchObject({ handled: { a: 100 }, failed: 1 })
        const hundredth = run.of('start').find(({ event }) => event === 100)?.message
        expect(run.of('log')).toMatchObject([{ processor: 'a', message: hundredth, level: 'error' }])
      })
    }
  }

  it('an error of one run does not count in the next run', async () => {
    let take: (error: unknown) => boolean = () => false
    const taken: boolean[] = []
    const onUncaught = (given: typeof take) => {
      take = given
      return () => {}
    }
    const a = () => void setTimeout(() => taken.push(take(new Error('of the first run'))), 5)
    await runTopology({ processors: { a } }, { a: 1 }, { onUncaught })
    const b = () => new Promise((resolve) => setTimeout(resolve, 20))
    const second = await runTopology({ processors: { b } }, { b: 1 }, { onUncaught })
    expect(taken).toEqual([false])
    expect(second.summary).toMatchObject({ handled: { b: 1 }, failed: 0 })
  })

  it('a listener of a signal belongs to its handler', async () => {
    const target = Object.assign(Object.create(globalThis.console), { log() {} })
    const a = {
      timeout: 0.02,
      handler(_event: unknown, { signal }: Context) {
        signal.addEventListener('abort', () => target.log('aborted'))
        return new Promise(() => {})
      },
    }
    const run = await runTopology({ processors: { a } }, { a: 1 }, { console: target })
    expect(run.of('log')).toMatchObject([{ processor: 'a', text: 'aborted' }])
  })
})
