import { describe, expect, it } from 'vitest'
import { recordEntries } from '../../src/simulator/recorder.ts'
import type { TranscriptEntry } from '../../src/simulator/transcript.ts'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function block(ms: number) {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** A clock that only the test moves, with the real time that a run's own timers need to pass unseen. */
function clockOf(startMs = 1000) {
  let ms = startMs
  const pass = (by: number) => {
    ms += by
  }
  return { now: () => ms, pass }
}

describe('real time starts anew for each message', () => {
  it('a message that starts after others waited has its whole timeout', async () => {
    const clock = clockOf()
    const left: number[] = []
    const a = async (n: number, context: Context) => {
      left.push(context.getRemainingTimeInMillis())
      await sleep(1)
      clock.pass(500)
      if (n < 6) context.emit('again', n + 1)
    }
    const definition = { processors: { a: { handler: a, timeout: 2 } }, streams: [['a', 'a', 'again']] }
    const { summary } = await runTopology(definition, { a: 1 }, { now: clock.now })
    expect(summary).toMatchObject({ handled: { a: 6 }, failed: 0 })
    expect(left).toEqual([2000, 2000, 2000, 2000, 2000, 2000])
  })

  it('a message that starts after slow input has its whole timeout', async () => {
    const clock = clockOf()
    const left: number[] = []
    const a = async (_: number, context: Context) => {
      left.push(context.getRemainingTimeInMillis())
      await sleep(1)
    }
    async function* input() {
      for (const event of [1, 2, 3]) {
        await sleep(1)
        clock.pass(1900)
        yield [{ to: 'a', event }]
      }
    }
    const definition = { processors: { a: { handler: a, timeout: 2 } } }
    for (const live of [false, true]) {
      const { summary } = await runTopology(definition, [], { now: clock.now, input: input(), live })
      expect(summary.failed).toBe(0)
    }
    expect(left).toEqual(Array(6).fill(2000))
  })

  it('a message that starts after a slow handler in the same turn has its whole timeout', async () => {
    const clock = clockOf()
    const left: number[] = []
    const slow = () => clock.pass(1500)
    const next = async (_: number, context: Context) => {
      left.push(context.getRemainingTimeInMillis())
      clock.pass(700)
      left.push(context.getRemainingTimeInMillis())
    }
    const processors = { slow, next: { handler: next, timeout: 2 } }
    await runTopology({ processors }, { slow: 1, next: 1 }, { now: clock.now })
    expect(left).toEqual([2000, 1300])
  })

  it('so have an invoked message and a retried one', async () => {
    const clock = clockOf()
    const left: number[] = []
    const a = {
      invokes: ['b'],
      timeout: 2,
      async handler(_: number, context: Context) {
        clock.pass(1500)
        await context.invoke('b')
      },
    }
    const b = {
      timeout: 2,
      handler(_: number, context: Context) {
        left.push(context.getRemainingTimeInMillis())
        clock.pass(1500)
        throw new Error('no')
      },
    }
    const again = {
      timeout: 2,
      retries: 2,
      handler(_: number, context: Context) {
        left.push(context.getRemainingTimeInMillis())
        clock.pass(1500)
        throw new Error('no')
      },
    }
    await runTopology({ processors: { a, b, again } }, { a: 1, again: 1 }, { now: clock.now })
    expect(left).toEqual([2000, 2000, 2000, 2000])
  })

  it('a waiting handler gets its turn before many slow others start', async () => {
    const clock = clockOf()
    const inTurn: number[] = []
    let started = 0
    const a = async () => {
      const before = ++started
      clock.pass(20)
      await new Promise(setImmediate)
      inTurn.push(started - before)
    }
    const input = Array.from({ length: 300 }, () => ({ to: 'a', event: null }))
    const { summary } = await runTopology({ processors: { a: { handler: a, timeout: 1 } } }, input, { now: clock.now })
    expect(summary).toMatchObject({ handled: { a: 300 }, failed: 0 })
    expect(Math.max(...inTurn)).toBeLessThan(10)
  })

  it('real waits inside a handler do not add up to a timeout', async () => {
    const a = async (n: number, context: Context) => {
      await sleep(60)
      if (n < 5) context.emit('again', n + 1)
    }
    const definition = { processors: { a: { handler: a, timeout: 0.2 } }, streams: [['a', 'a', 'again']] }
    const { summary, timedOut } = await runTopology(definition, { a: 1 })
    expect({ ...summary.handled, timedOut }).toEqual({ a: 5, timedOut: false })
  })

  it('--timings prints the own time of each handler', async () => {
    const clock = clockOf()
    const slow = () => clock.pass(40)
    const waits = async () => {
      await sleep(1)
      clock.pass(7)
    }
    const run = await runTopology(
      { processors: { slow, waits } },
      { slow: 1, waits: 1 },
      { now: clock.now, timings: true },
    )
    expect(run.of('end').map(({ tookMs }) => tookMs)).toEqual([40, 7])
  })

  it('a handler that has ended does not time out while an older one still runs', async () => {
    const clock = clockOf()
    const older = async () => {
      await sleep(1)
      clock.pass(500)
      // Longer than a run waits between two looks for handlers whose time is up.
      await sleep(50)
    }
    const quick = { handler: () => {}, timeout: 0.02 }
    const run = await runTopology({ processors: { older, quick } }, { older: 1, quick: 1 }, { now: clock.now })
    expect(run.of('end').map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
  })

  it('a handler is still ended when its own time is up', async () => {
    const run = await runTopology(
      { processors: { a: () => block(30), b: { handler: () => new Promise(() => {}), timeout: 0.05 } } },
      { a: 1, b: 1 },
    )
    expect(run.of('end')).toMatchObject([{ outcome: 'ok' }, { outcome: 'failed', error: { code: 'TIMEOUT' } }])
  })
})

/** The most entries of a kind between two times that a run gave the thread back, where each look at the clock takes a millisecond. */
async function mostAtOnce(kind: TranscriptEntry['kind'], a: (n: number) => unknown): Promise<number> {
  let ms = 0
  const lengths = [0]
  const recorder = recordEntries((entry) => {
    if (entry.kind === kind) lengths[0]!++
  })
  const input = Array.from({ length: 200 }, (_, event) => ({ to: 'a', event }))
  const options = { now: () => ms++, ready: () => void lengths.unshift(0), recorder }
  const { summary } = await runTopology({ processors: { a } }, input, options)
  expect(summary.handled).toEqual({ a: 200 })
  return Math.max(...lengths)
}

describe('a slice of work ends by the clock', () => {
  it('while messages are started', async () => {
    expect(await mostAtOnce('start', () => {})).toBeLessThanOrEqual(11)
  })

  it('while messages are committed and none is started', async () => {
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const waits = async (n: number) => {
      if (n === 199) open()
      await opened
    }
    expect(await mostAtOnce('end', waits)).toBeLessThanOrEqual(11)
  })

  it('while events are taken in that wait for one with their key', async () => {
    let ms = 0
    let taken = 0
    let most = 0
    function* input() {
      for (let n = 0; n < 200; n++) {
        taken++
        yield [{ to: 'a', event: n, key: 'k' }]
      }
    }
    const ready = (): undefined => {
      most = Math.max(most, taken)
      taken = 0
    }
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const a = async () => await opened
    const run = runTopology({ processors: { a } }, [], { now: () => ms++, ready, input: input() })
    setTimeout(open, 1)
    const { summary } = await run
    expect(summary.handled).toEqual({ a: 200 })
    expect(Math.max(most, taken)).toBeLessThanOrEqual(11)
  })
})
