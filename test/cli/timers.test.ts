import { createRequire } from 'node:module'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type TimerWatch, watchTimers } from '../../src/cli/timers.ts'

const require = createRequire(import.meta.url)

describe('a watch of timers', () => {
  let owner: string | undefined = 'a'
  let watch: TimerWatch | undefined
  const started: (() => void)[] = []
  const open = () => {
    owner = 'a'
    watch = watchTimers(() => owner)
    return watch
  }
  afterEach(() => {
    for (const end of started.splice(0)) end()
    watch?.close()
  })
  const ending = (controller = new AbortController()) => {
    started.push(() => controller.abort())
    return controller.signal
  }
  const swallow = (promise: Promise<unknown>) => void promise.catch(() => {})
  const cleared = (timer: NodeJS.Timeout) => void started.push(() => clearTimeout(timer))
  const nothing = () => {}

  const ways: Record<string, () => void> = {
    setTimeout: () => cleared(setTimeout(nothing, 60_000)),
    setInterval: () => cleared(setInterval(nothing, 60_000)),
    setImmediate: () => {
      const immediate = setImmediate(nothing)
      started.push(() => clearImmediate(immediate))
    },
    'node:timers': () => cleared(timers.setTimeout(nothing, 60_000)),
    'required node:timers': () => cleared(require('node:timers').setTimeout(nothing, 60_000)),
    'node:timers/promises': () => swallow(promises.setTimeout(60_000, 1, { signal: ending() })),
    'its scheduler': () => swallow(promises.scheduler.wait(60_000, { signal: ending() })),
    'its setInterval': () => swallow(promises.setInterval(60_000, 1, { signal: ending() }).next()),
    'util.promisify': () => swallow(promisify(setTimeout)(60_000, 1, { signal: ending() })),
    'a timer that is referenced again': () => cleared(setTimeout(nothing, 60_000).unref().ref()),
    'setTimeout within a native function': () => void [1].map(() => cleared(setTimeout(nothing, 60_000))),
  }
  it.each(Object.keys(ways))('names the code that started a timer by %s', (way) => {
    const { pending } = open()
    ways[way]!()
    expect(pending()).toEqual([{ owner: 'a', stack: expect.stringContaining('timers.test.ts') }])
  })

  it('names nothing if the code belongs to nobody', () => {
    const { pending } = open()
    owner = undefined
    for (const start of Object.values(ways)) start()
    expect(pending()).toEqual([])
  })

  const ended: Record<string, () => unknown> = {
    'has ended': () => new Promise((resolve) => setTimeout(resolve, 1)),
    'was cleared': () => clearTimeout(setTimeout(nothing, 60_000)),
    'was cleared by its number': () => clearTimeout(Number(setTimeout(nothing, 60_000))),
    'was closed': () => setTimeout(nothing, 60_000).close(),
    'is not referenced': () => cleared(setTimeout(nothing, 60_000).unref()),
    'is an interval that was cleared': () => clearInterval(setInterval(nothing, 1)),
    'is an immediate that was cleared': () => clearImmediate(setImmediate(nothing)),
    'is an immediate that has run': () => new Promise((resolve) => setImmediate(resolve)),
    'is a promise that has settled': () => promises.setTimeout(1),
    'is a promise that was aborted': () =>
      promises.setTimeout(60_000, 1, { signal: AbortSignal.abort() }).catch(nothing),
    'is a promise that is not referenced': () =>
      swallow(promises.setTimeout(60_000, 1, { ref: false, signal: ending() })),
    'is a loop that has ended': async () => {
      for await (const _ of promises.setInterval(1)) break
    },
  }
  it.each(Object.keys(ended))('does not name a timer that %s', async (what) => {
    const { pending } = open()
    await ended[what]!()
    expect(pending()).toEqual([])
  })

  it('returns timers like those of Node', async () => {
    const { name, length } = setTimeout
    open()
    expect([setTimeout.name, setTimeout.length]).toEqual([name, length])
    expect(await promises.setTimeout(1, 'value')).toBe('value')
    expect(await promisify(setTimeout)(1, 'value')).toBe('value')
    expect(() => setTimeout(undefined as never)).toThrow('callback')
    await expect(promises.setTimeout(1, 1, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    const ticks = []
    for await (const tick of promises.setInterval(1, 'tick')) if (ticks.push(tick) === 2) break
    expect(ticks).toEqual(['tick', 'tick'])
  })

  it('remembers only pending timers, of any number', async () => {
    const { pending } = open()
    ways.setTimeout!()
    for (let count = 0; count < 5000; count++) clearTimeout(setTimeout(nothing, 60_000))
    expect(pending()).toHaveLength(1)
  })

  it('puts everything back when it is closed', () => {
    const before = [globalThis.setTimeout, timers.setInterval, promises.setTimeout, promises.scheduler.wait]
    open().close()
    expect([globalThis.setTimeout, timers.setInterval, promises.setTimeout, promises.scheduler.wait]).toEqual(before)
  })
})
