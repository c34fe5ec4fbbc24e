import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ResumedEvent } from '../../src/simulator/intake.ts'
import type { Context } from '../../src/topology/handler.ts'
import { createWatch, definitionOf, randomTopology } from './random-topology.ts'
import { runTopology } from './run-topology.ts'

const SKIPPED = 'skipped: it was handled before'
const DIFFERS = 'a message with this id but other data was handled before; this one is handled too'

const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms))

/** A message of `b` that was in flight before, from `a`. */
const resumed = (id: string, event: unknown, more: object = {}): ResumedEvent => ({
  ...{ to: 'b', event, topic: 't' },
  resumed: { id: id.repeat(32), root: 'f'.repeat(32), parent: 'e'.repeat(32), from: 'a', hop: 2, ...more },
})

/** Runs `b`, which remembers, with what was in flight; returns what it did, in order. */
async function runB(events: readonly ResumedEvent[], handler: (...args: never[]) => unknown, more: object = {}) {
  const processors = { a: () => {}, b: { handler, idempotent: true, ...more } }
  const run = await runTopology({ processors, streams: [{ from: 'a', to: 'b' }] }, events)
  return { ...run, logs: run.of('log').map(({ level, text }) => `${level} ${text}`) }
}

describe('an idempotent processor, if a message is delivered again,', () => {
  it('does not run for an emit that a retried handler emits again', async () => {
    const ran: string[] = []
    const run = await runTopology(
      {
        processors: {
          a: {
            retries: 1,
            handler(event: string, context: Context) {
              context.emit('t', event)
              if (context.attempt === 1) throw new Error('after its emit')
            },
          },
          b: { handler: (event: string) => void ran.push(event), idempotent: true },
          c: (event: string) => void ran.push(`${event}, which c does not remember`),
        },
        streams: [
          ['a', 'b'],
          ['a', 'c'],
        ],
      },
      { a: 'one' },
    )
    expect(ran).toEqual(['one', 'one, which c does not remember', 'one, which c does not remember'])
    const [first, again] = run.of('start').filter(({ processor }) => processor === 'b')
    expect(again).toEqual({ ...first, at: again!.at })
    const { message } = first!
    expect(
      run.entries.filter((entry) => 'processor' in entry && entry.at === again!.at && entry.processor === 'b'),
    ).toEqual([
      again,
      { kind: 'log', at: again!.at, processor: 'b', message, level: 'info', text: SKIPPED },
      { kind: 'end', at: again!.at, processor: 'b', message, outcome: 'ok' },
    ])
    expect(run.summary).toMatchObject({ handled: { a: 1, b: 2, c: 2 }, failed: 0 })
  })

  it('skips, however its handler settles', async () => {
    for (const handler of [
      () => {},
      async () => tick(),
      (_event: unknown, _context: unknown, callback: () => void) => void setTimeout(callback, 1),
      (_event: unknown, context: Context) => void setTimeout(context.succeed, 1),
    ]) {
      const { logs, summary } = await runB([resumed('1', 1), resumed('1', 1)], handler as never)
      expect([logs, summary.handled, summary.failed]).toEqual([[`info ${SKIPPED}`], { a: 0, b: 2 }, 0])
    }
  })

  it('waits for the running one, and skips, or runs if that one fails', async () => {
    const ran: string[] = []
    const run = await runB([resumed('1', 'x'), resumed('1', 'x'), resumed('1', 'x')], async () => {
      const place = ran.push('begins')
      await tick(5)
      ran.push('ends')
      if (place === 1) throw new Error('the first')
    })
    expect(ran).toEqual(['begins', 'ends', 'begins', 'ends'])
    expect(run.of('end').map(({ outcome }) => outcome)).toEqual(['failed', 'ok', 'ok'])
    expect(run.logs).toEqual([`info ${SKIPPED}`])
  })

  it('runs the waiting one when the first settles, with its own lines and errors', async () => {
    const fail = (_event: unknown, _context: unknown, callback: (error?: Error) => void) =>
      void setTimeout(() => callback(new Error('as ever')), 2)
    const run = await runB([resumed('1', 'x'), resumed('1', 'x')], fail as never)
    expect(run.of('end').map(({ error }) => error?.message)).toEqual(['as ever', 'as ever'])
  })

  it('ends a waiting message when its own time is up', async () => {
    let calls = 0
    const never = () => {
      calls++
      return new Promise(() => {})
    }
    const run = await runB([resumed('1', 'x'), resumed('1', 'x')], never, { timeout: 0.05 })
    expect(run.of('end').map(({ error }) => error?.code)).toEqual(['TIMEOUT', 'TIMEOUT'])
    expect(calls).toBeLessThanOrEqual(2)
  })

  it('retries a failed message, and skips one that was handled in the meantime', async () => {
    const attempts: number[] = []
    const failsOnce = (_: unknown, { attempt }: Context) => {
      attempts.push(attempt)
      if (attempts.length === 1) throw new Error('no')
    }
    const run = await runB([resumed('1', 'x'), resumed('1', 'x')], failsOnce as never, { retries: 1 })
    expect(attempts).toEqual([1, 1])
    expect(run.of('end').map(({ outcome }) => outcome)).toEqual(['retry', 'ok', 'ok'])
    expect(run.logs).toEqual([`info ${SKIPPED}`])
  })

  it('handles the same id with other data, with a warning, once each', async () => {
    const ran: unknown[] = []
    const events = [{ n: 1 }, { n: 2 }, { n: 1 }, { n: 2 }].map((event) => resumed('1', event))
    const { logs } = await runB(events, ((event: unknown) => void ran.push(event)) as never)
    expect(ran).toEqual([{ n: 1 }, { n: 2 }])
    expect(logs).toEqual([`warn ${DIFFERS}`, `info ${SKIPPED}`, `info ${SKIPPED}`])
  })

  it('does not warn of other data that was not handled', async () => {
    const fail = ((event: number) => {
      if (event === 1) throw new Error('no')
    }) as never
    expect((await runB([resumed('1', 1), resumed('1', 2)], fail)).logs).toEqual([])
  })

  it('runs a forced one, and remembers it', async () => {
    const ran: unknown[] = []
    const events = [resumed('1', 'x'), resumed('1', 'x', { forced: true }), resumed('1', 'x')]
    const { logs } = await runB(events, ((event: unknown) => void ran.push(event)) as never)
    expect(ran).toEqual(['x', 'x'])
    expect(logs).toEqual([`info ${SKIPPED}`])
  })

  it('runs each time it is invoked', async () => {
    let calls = 0
    const price = { handler: () => ++calls, idempotent: true }
    const shop = {
      invokes: ['price'],
      retries: 1,
      async handler(_: unknown, context: Context) {
        await context.invoke('price', 1)
        if (context.attempt === 1) throw new Error('again')
      },
    }
    const run = await runTopology({ processors: { shop, price } }, { shop: 1 })
    expect([calls, run.of('log')]).toEqual([2, []])
  })

  it('keeps `this` of its handler', async () => {
    class Counting {
      count = 0
      handler() {
        this.count++
      }
    }
    const b = new Counting()
    await runTopology({ idempotent: true, processors: { b } }, [resumed('1', 7), resumed('1', 7), resumed('2', 7)])
    expect(b.count).toBe(2)
  })
})

it('skips only repeated work: outputs and ids are the same', async () => {
  const property = fc.asyncProperty(randomTopology, async (topology) => {
    const runs = await Promise.all(
      [true, false].map(async (idempotent) => {
        const watch = createWatch()
        const pace = () => 1
        const definition = { ...definitionOf(topology, pace, watch), idempotent }
        const run = await runTopology(definition as never, topology.input, { concurrency: topology.concurrency })
        const outputs = run.of('emit').flatMap(({ id, to }) => (to.length === 0 ? [id] : []))
        return { run, watch, outputs: [...new Set(outputs)].sort() }
      }),
    )
    const [remembering, forgetting] = runs as [(typeof runs)[number], (typeof runs)[number]]
    expect(remembering.outputs).toEqual(forgetting.outputs)
    const skipped = new Set(remembering.run.of('log').map(({ processor, message }) => `${processor} ${message}`))
    const handled = remembering.run.of('end').filter(({ outcome }) => outcome === 'ok')
    const distinct = new Set(handled.map(({ processor, message }) => `${processor} ${message}`))
    expect(handled.length - remembering.run.of('log').length).toBe(distinct.size)
    for (const message of skipped) expect(distinct).toContain(message)
    expect(remembering.run.of('log').every(({ text }) => text === SKIPPED)).toBe(true)
  })
  await fc.assert(property, { numRuns: 60 })
})
