import { describe, expect, it } from 'vitest'
import type { AttakError } from '../../src/errors.ts'
import { closeResources, openResources, setUpAll } from '../../src/runtime/resources.ts'
import { describeThrown } from '../../src/runtime/thrown.ts'
import type { Lifecycle } from '../../src/topology/exported.ts'
import type { SetupWorld } from '../../src/topology/handler.ts'
import { createFakeClock } from '../contract/clock.ts'

function open(code: Lifecycle) {
  const clock = createFakeClock(0)
  const lines: string[] = []
  const resources = openResources(
    { name: 'bill', ...code },
    {
      ...{ stage: 'dev', timeoutMs: 2000, after: clock.after, describe: describeThrown },
      log: (level, text) => void lines.push(`${level} ${text}`),
    },
  )!
  return { resources, lines, clock }
}

const failureOf = (promise: Promise<unknown>): Promise<AttakError> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  )

describe('the resources of a processor', () => {
  it('are absent without setup and teardown', () => {
    expect(openResources({ name: 'bill' }, {} as never)).toBeUndefined()
  })

  it('are what setup resolves to; calls at the same time run it once', async () => {
    let calls = 0
    const { resources, lines } = open({
      async setup({ processor, stage, log }) {
        log.info('connects', ++calls)
        return { processor, stage }
      },
    })
    expect([resources.isOpen, resources.value]).toEqual([false, undefined])
    await Promise.all([resources.open(), resources.open()])
    await resources.open()
    expect([resources.isOpen, resources.value]).toEqual([true, { processor: 'bill', stage: 'dev' }])
    expect(lines).toEqual(['info connects 1'])
  })

  it('are made again by the next call after a failure', async () => {
    let calls = 0
    const { resources } = open({
      setup() {
        if (++calls === 1) throw new TypeError('no database')
        return calls
      },
    })
    const error = await failureOf(resources.open())
    expect(error.message).toBe('processors.bill.setup: failed: TypeError: no database')
    expect([error.code, error.problems[0]!.stack]).toEqual(['SETUP_FAILED', expect.stringContaining('resources.test')])
    await resources.open()
    expect(resources.value).toBe(2)
  })

  it('fail after the timeout of the processor; what setup makes later is torn down', async () => {
    let finish = (_: string) => {}
    let world: SetupWorld | undefined
    const closed: string[] = []
    const { resources, clock } = open({
      setup(given) {
        world = given
        return new Promise<string>((resolve) => {
          finish = resolve
        })
      },
      teardown: (pool) => closed.push(pool),
    })
    const error = await clock.until(failureOf(resources.open()))
    expect(clock.now()).toBe(2000)
    expect(error.message).toBe('processors.bill.setup: had not finished after 2 s, the timeout of the processor')
    expect(world?.signal.aborted).toBe(true)
    finish('late pool')
    await new Promise(setImmediate)
    expect([closed, resources.isOpen]).toEqual([['late pool'], false])
  })

  it('are torn down once, after the signal is aborted', async () => {
    const seen: unknown[] = []
    const { resources } = open({
      setup: ({ signal }) => signal,
      teardown: (signal: AbortSignal) => seen.push(signal.aborted),
    })
    await resources.open()
    await Promise.all([resources.close(), resources.close()])
    expect([seen, resources.isOpen]).toEqual([[true], false])
  })

  it('are not torn down if setup has not run, or has failed', async () => {
    const seen: unknown[] = []
    const teardown = (given: unknown) => seen.push(given)
    const never = open({ setup: () => 1, teardown })
    const failed = open({ setup: () => Promise.reject(new Error('no')), teardown })
    await failureOf(failed.resources.open())
    await Promise.all([never.resources.close(), failed.resources.close()])
    expect(seen).toEqual([])
  })

  it('are closed while setup runs: its signal is aborted, and what it still returns is torn down', async () => {
    const seen: unknown[] = []
    const { resources } = open({
      setup: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('pool'))),
      teardown: (pool) => seen.push(pool),
    })
    void resources.open()
    await resources.close()
    expect(seen).toEqual(['pool'])
  })

  it('need no setup for a teardown', async () => {
    const seen: unknown[] = []
    const { resources } = open({ teardown: (...given: unknown[]) => seen.push(given) })
    await resources.open()
    await resources.close()
    expect(seen).toEqual([[undefined]])
  })

  it('report teardowns that fail or hang, each', async () => {
    const failing = open({ teardown: () => Promise.reject(new Error('half closed')) })
    const hanging = open({ teardown: () => new Promise(() => {}) })
    const good = open({ teardown: () => {} })
    const all = [failing.resources, undefined, hanging.resources, good.resources]
    await setUpAll(all)
    const problems = await hanging.clock.until(closeResources(all))
    expect(problems.map(({ code, what }) => [code, what])).toEqual([
      ['TEARDOWN_FAILED', 'failed: Error: half closed'],
      ['TEARDOWN_FAILED', 'had not finished after 2 s, the timeout of the processor'],
    ])
  })

  it('that fail together are reported together, when all have ended', async () => {
    const good = open({ setup: async () => 'pool' })
    const bad = open({ setup: () => Promise.reject(new Error('no')) })
    const error = await failureOf(setUpAll([bad.resources, good.resources, bad.resources]))
    expect([error.problems.length, good.resources.isOpen]).toEqual([2, true])
  })
})
