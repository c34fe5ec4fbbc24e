import { describe, expect, it } from 'vitest'
import type { Context, SetupWorld } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const order = (seen: string[]) => ({
  retries: 1,
  backoff: { jitter: false },
  processors: {
    spout: (event: number, { emit }: Context) => void emit('n', event),
    bill: {
      async setup({ processor, stage, log }: SetupWorld) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        log.info('connected')
        seen.push(`setup ${processor} ${stage}`)
        return { pool: seen.length }
      },
      handler(event: number, { resources, attempt, emit }: Context<Record<string, unknown>, { pool: number }>) {
        seen.push(`${event}`)
        if (event === 1 && attempt === 1) throw new Error('again')
        emit('done', resources.pool)
      },
      teardown: ({ pool }: { pool: number }) => seen.push(`teardown ${pool}`),
    },
    unused: { handler: () => {}, setup: () => seen.push('setup unused'), teardown: () => seen.push('teardown unused') },
  },
  streams: [['spout', 'bill']],
})

describe('setup and teardown in a simulation', () => {
  it('setup runs once before the first event of its processor, and teardown when the run ends', async () => {
    const seen: string[] = []
    const run = await runTopology(order(seen), [
      { to: 'spout', event: 1 },
      { to: 'spout', event: 2 },
    ])
    expect(seen).toEqual(['setup bill dev', '1', '2', '1', 'teardown 1'])
    expect(
      run
        .of('emit')
        .filter(({ topic }) => topic === 'done')
        .map(({ data }) => data),
    ).toEqual([1, 1])
    expect(run.of('log')).toMatchObject([{ processor: 'bill', text: 'connected' }])
    expect(run.summary.failed).toBe(0)
  })

  it('the transcript does not depend on how long setup takes', async () => {
    const runs = [await runTopology(order([]), { spout: 1 }), await runTopology(order([]), { spout: 1 })]
    expect(runs[0]!.entries).toEqual(runs[1]!.entries)
  })

  it('the time of a message begins when setup is over', async () => {
    const slow = {
      timeout: 0.2,
      setup: () => new Promise((resolve) => setTimeout(resolve, 150)),
      handler: () => new Promise((resolve) => setTimeout(resolve, 100)),
    }
    expect((await runTopology({ processors: { slow } }, { slow: 1 })).summary.failed).toBe(0)
  })

  it('a setup that fails ends the run, and names its processor', async () => {
    const torn: string[] = []
    const processors = {
      ok: { setup: () => {}, handler: () => new Promise(() => {}), teardown: () => torn.push('ok') },
      bad: {
        setup: () => Promise.reject(new Error('no database')),
        handler: () => {},
        teardown: () => torn.push('bad'),
      },
    }
    const run = runTopology({ processors }, { ok: 1, bad: 1 })
    await expect(run).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: 'processors.bad.setup: failed: Error: no database',
    })
    expect(torn).toEqual(['ok'])
  })

  it('a setup that hangs ends the run after the timeout of its processor', async () => {
    const bad = { timeout: 0.05, setup: () => new Promise(() => {}), handler: () => {} }
    await expect(runTopology({ processors: { bad } }, { bad: 1 })).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: 'processors.bad.setup: had not finished after 0.05 s, the timeout of the processor',
    })
  })

  it('a teardown that fails is in the result', async () => {
    const bad = { handler: () => {}, teardown: () => Promise.reject(new Error('half closed')) }
    const { notClosed, summary } = await runTopology({ processors: { bad } }, { bad: 1 })
    expect(notClosed).toMatchObject([{ code: 'TEARDOWN_FAILED', where: 'processors.bad.teardown' }])
    expect(summary.handled).toEqual({ bad: 1 })
  })

  it('methods of an instance and of an object keep their this, and invoked processors are set up too', async () => {
    class Counter {
      count = 0
      setup() {
        this.count = 10
      }
      handler() {
        return ++this.count
      }
    }
    const processors = {
      counter: new Counter(),
      caller: {
        invokes: ['counter'],
        async handler(_: unknown, { invoke, emit }: Context) {
          await emit('count', await invoke('counter'))
        },
      },
    }
    const run = await runTopology({ processors }, { caller: 1 })
    expect(run.of('emit').map(({ data }) => data)).toEqual([11])
  })
})
