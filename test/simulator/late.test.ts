import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

describe('what is emitted after its handler has settled', () => {
  it('is refused where an earlier emit was refused and caught', async () => {
    const a = (_event: unknown, context: Context, callback: () => void) => {
      context.emit('t', 1).catch(() => {})
      callback()
      context.emit('late', 1)
      context.log.info('still here')
    }
    const definition = { hopLimit: 1, processors: { a, b: () => {} }, streams: [['a', 'b']] }
    const run = await runTopology(definition, { a: 1 })
    expect(run.summary).toMatchObject({ handled: { a: 1, b: 0 }, emitted: { a: 0 }, failed: 1 })
    expect(run.of('log').map(({ level, text }) => [level, text.replace(/ \(.*/, '')])).toEqual([
      ['info', 'still here'],
      ['error', '"a" emitted "late" after it had settled'],
    ])
  })

  it('is refused while the callback of another emit waits, and so is an invoke', async () => {
    const a = {
      invokes: ['b'],
      handler(_event: unknown, context: Context) {
        context.emit('t', 1, undefined, () => {
          context.emit('late', 1)
          context.invoke('b')
        })
      },
    }
    const run = await runTopology({ processors: { a, b: () => {} }, streams: [['a', 'b', 'u']] }, { a: 1 })
    expect(run.summary).toMatchObject({ handled: { a: 1, b: 0 }, emitted: { a: 1 }, failed: 2 })
  })
})

describe('lines of late work', () => {
  it('have the virtual time of the last message, also after the end of the run', async () => {
    const a = (_event: unknown, context: Context) => {
      if (context.attempt === 1) throw new Error('not yet')
      setImmediate(() => context.emit('late', 1))
    }
    const definition = { retries: 1, processors: { a } }
    const run = await runTopology(definition, { a: 1 }, { onUncaught: () => () => {} })
    const [{ at } = { at: 0 }] = run.of('end').slice(-1)
    expect(at).toBeGreaterThan(0)
    expect(run.of('log').map((line) => line.at)).toEqual([at])
  })

  /** Runs many messages that leave something behind in each way, with a first one that blocks the thread for a while. */
  const transcriptOf = async (blockedMs: number) => {
    const target = Object.assign(Object.create(globalThis.console), { log() {} })
    const a = (n: number, context: Context) => {
      const end = performance.now() + (n % 50 === 0 ? blockedMs : 0)
      while (performance.now() < end);
      if (n % 7 === 0) queueMicrotask(() => context.emit('microtask', n))
      if (n % 11 === 0 && n % 17 !== 0) setImmediate(() => context.emit('immediate', n))
      if (n % 13 === 0) process.nextTick(() => target.log('next tick', n))
      if (n % 17 === 0) setTimeout(() => context.emit('timeout', n), 1 + (n % 3))
      context.emit('t', n)
    }
    const again = (n: number, context: Context) => {
      if (n % 10 === 0 && context.attempt === 1) throw new Error('not yet')
    }
    const wait = () => new Promise((resolve) => setTimeout(resolve, 30 + 6 * blockedMs))
    const definition = { retries: 1, processors: { a, again, wait }, streams: [['a', 'again', 't']] }
    const input = Array.from({ length: 300 }, (_, n) => ({ to: 'a', event: n }))
    const run = await runTopology(definition, [...input, { to: 'wait', event: 0 }], {
      ...{ console: target, onUncaught: () => () => {} },
    })
    return run.entries.map((entry) => JSON.stringify(entry))
  }

  it('have the same place and time however fast the machine is', async () => {
    const quick = await transcriptOf(0)
    expect(quick.filter((entry) => entry.includes('after it had settled'))).toHaveLength(43 + 26 + 18)
    expect(await transcriptOf(12)).toEqual(quick)
    expect(await transcriptOf(3)).toEqual(quick)
  })

  it('come after everything that was committed, in the order of the input', async () => {
    const a = (n: number, context: Context) => void setTimeout(() => context.emit('late', n), 8 - 2 * n)
    const wait = () => new Promise((resolve) => setTimeout(resolve, 40))
    const input = [1, 2, 3].map((event) => ({ to: 'a', event }))
    const run = await runTopology({ processors: { a, wait } }, [...input, { to: 'wait', event: 1 }])
    const kinds = run.entries.map(({ kind }) => kind)
    expect(kinds.slice(kinds.indexOf('log'))).toEqual(['log', 'log', 'log', 'summary'])
    expect(run.of('log').map(({ message }) => message)).toEqual(
      run
        .of('start')
        .slice(0, 3)
        .map(({ message }) => message),
    )
  })
})

it('with callback: true a message is handled when its handler calls back, not when its promise fulfills', async () => {
  const a = {
    callback: true,
    async handler(n: number, context: Context, callback: (error?: unknown) => void) {
      setTimeout(() => {
        context.emit('t', n)
        callback(n === 2 ? new Error('by callback') : null)
      }, 3)
    },
  }
  const input = [1, 2].map((event) => ({ to: 'a', event }))
  const run = await runTopology({ processors: { a } }, input)
  expect(run.summary).toMatchObject({ handled: { a: 1 }, emitted: { a: 2 }, failed: 1 })
  expect(run.of('end').at(-1)).toMatchObject({ error: { message: 'by callback' } })
})
