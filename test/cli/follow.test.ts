import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { followLines } from '../../src/cli/follow.ts'
import type { LogLine } from '../../src/deploy/cloud.ts'

const line = (id: string, timeMs: number): LogLine => ({ id, timeMs, processor: 'a', text: id })
const pause = () => Promise.resolve()

async function idsOf(lines: AsyncIterable<readonly LogLine[]>): Promise<string[]> {
  const ids: string[] = []
  for await (const fresh of lines) ids.push(...fresh.map(({ id }) => id))
  return ids
}

test('looks once and does not wait if everything is over', async () => {
  const asked: number[] = []
  const read = async (fromMs: number) => {
    asked.push(fromMs)
    return [line('x', 5)]
  }
  const options = { fromMs: 5, signal: new AbortController().signal, over: () => true }
  const pause = () => Promise.reject(new Error('waited'))
  expect(await idsOf(followLines(read, { ...options, pause }))).toEqual(['x'])
  expect(asked).toEqual([5])
})

test('looks back behind the newest line, but never before its start', async () => {
  const asked: number[] = []
  const abort = new AbortController()
  const read = async (fromMs: number) => {
    asked.push(fromMs)
    if (asked.length === 3) abort.abort()
    return [line('x', 100_000)]
  }
  expect(await idsOf(followLines(read, { fromMs: 90_000, signal: abort.signal, pause }))).toEqual(['x'])
  expect(asked).toEqual([90_000, 90_000, 90_000])
})

test('an interrupt ends it during a look that is never answered', async () => {
  const abort = new AbortController()
  const read = () => {
    queueMicrotask(() => abort.abort())
    return new Promise<never>(() => {})
  }
  expect(await idsOf(followLines(read, { fromMs: 0, signal: abort.signal, pause }))).toEqual([])
})

test('an interrupt while it waits ends it without another look', async () => {
  const abort = new AbortController()
  let looks = 0
  const read = async () => {
    looks++
    return []
  }
  const options = { fromMs: 0, signal: abort.signal, pause: async () => abort.abort() }
  expect(await idsOf(followLines(read, options))).toEqual([])
  expect(looks).toBe(1)
})

test('a failed read ends it with its error', async () => {
  const read = () => Promise.reject(new Error('no permission'))
  const lines = followLines(read, { fromMs: 0, signal: new AbortController().signal, pause })
  await expect(idsOf(lines)).rejects.toThrow('no permission')
})

test('returns every line once, even if it is up to 20 s late', async () => {
  const delays = fc.array(fc.record({ timeMs: fc.nat(100_000), lateMs: fc.nat(20_000) }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(delays, async (written) => {
      const all = written.map(({ timeMs, lateMs }, index) => ({ ...line(`${index}`, timeMs), at: timeMs + lateMs }))
      const abort = new AbortController()
      let nowMs = 0
      const read = async (fromMs: number) => all.filter(({ timeMs, at }) => timeMs >= fromMs && at <= nowMs)
      const pause = async () => {
        if (nowMs > 125_000) abort.abort()
        nowMs += 1000
      }
      const ids = await idsOf(followLines(read, { fromMs: 0, signal: abort.signal, pause }))
      expect(ids.sort()).toEqual(all.map(({ id }) => id).sort())
    }),
    { numRuns: 50 },
  )
})
