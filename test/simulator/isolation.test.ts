import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('async context does not leak from one message to another', () => {
  const storage = new AsyncLocalStorage<number>()
  const seen: (number | undefined)[] = []
  const enter = (n: number) => {
    seen.push(storage.getStore())
    storage.enterWith(n)
  }
  const cases = {
    'of a handler that returns': { a: (n: number) => enter(n) },
    'of an async handler': {
      async a(n: number) {
        enter(n)
        await sleep(1)
        expect(storage.getStore()).toBe(n)
      },
    },
    'of a handler that settles by its callback': {
      a(n: number, _: Context, callback: () => void) {
        enter(n)
        setTimeout(callback, 1)
      },
    },
    'of a handler that throws': {
      a(n: number) {
        enter(n)
        throw new Error('no')
      },
    },
    'of a handler to the processor that receives its emits': {
      a(n: number, context: Context) {
        enter(n)
        context.emit('b', n)
      },
      b: (n: number) => enter(n),
    },
    'of a handler to one that it invokes, and back': {
      a: {
        invokes: ['b'],
        async handler(n: number, context: Context) {
          enter(n)
          await context.invoke('b', -n)
          expect(storage.getStore()).toBe(n)
        },
      },
      b: (n: number) => enter(n),
    },
  }
  for (const [name, processors] of Object.entries(cases)) {
    it(name, async () => {
      seen.length = 0
      const input = [1, 2, 3].map((event) => ({ to: 'a', event }))
      const streams = 'b' in processors ? [['a', 'b', 'b']] : []
      await runTopology({ processors, streams }, input)
      expect(seen.length).toBeGreaterThanOrEqual(3)
      expect(seen.filter((store) => store !== undefined)).toEqual([])
    })
  }

  it('of the input to handlers', async () => {
    seen.length = 0
    function* sync() {
      for (const event of [1, 2]) {
        storage.enterWith(event)
        yield [{ to: 'a', event }]
      }
    }
    async function* asynchronous() {
      for (const event of [1, 2]) {
        storage.enterWith(event)
        yield [{ to: 'a', event }]
        await sleep(1)
      }
    }
    for (const input of [sync(), asynchronous()]) await runTopology({ processors: { a: enter } }, [], { input })
    expect(seen).toEqual([undefined, undefined, undefined, undefined])
  })
})
