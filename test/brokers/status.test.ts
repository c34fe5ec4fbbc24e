import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attak } from '../cli/fake-host.ts'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

test('status shows what waits, who owns the lanes, the workers, and channels without one', async () => {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-status-'))
  const code = `export default { name: '${stage.name}', processors: { a: () => {}, b: () => {} }, streams: [['a', 'b']] }`
  writeFileSync(join(folder, 'topology.mjs'), code)
  const options = { env: { ATTAK_BROKER: redis.url }, date: Date.now }
  const status = (...words: readonly string[]) => attak(folder, ['status', '--broker', ...words], options)
  try {
    const never = await status()
    expect(never.code).toBe(1)
    expect(never.err).toContain('[NOT_DEPLOYED]')
    let isOpen = false
    const processors = { a: () => until(() => isOpen), b: () => {} }
    const worker = await stage.worker({ processors, streams: [['a', 'b']] }, { runs: ['a'] })
    for (let n = 0; n < 3; n++) await worker.take({ to: 'a', event: n })
    await worker.take({ to: 'b', event: 1 })
    const { broker } = await stage.broker()
    await until(async () =>
      (await broker.status()).channels.every(({ name, lanes }) => lanes.every(({ owner }) => name === 'b' || owner)),
    )
    const alone = await status()
    expect(alone).toMatchObject({ code: 1, err: '' })
    expect(alone.out).toContain(`${stage.name} (dev) on ${redis.url}: 2 channels, 1 without a worker\n`)
    expect(alone.out).toMatch(/ {2}✓ a {2}3 waiting, the oldest for [\d.]+ m?s; 8 lanes of [\da-f]{8}\n/)
    expect(alone.out).toMatch(/ {2}✗ b {2}1 waiting, the oldest for [\d.]+ m?s; no worker runs it\n/)
    expect(alone.out).toMatch(/1 worker\n {2}[\da-f]{8} {2}test, process \d+, attak 1, for [\d.]+ m?s: a\n/)
    expect(alone.out).toContain('attak run --broker starts a worker.')
    isOpen = true
    await stage.worker({ processors, streams: [['a', 'b']] }, { runs: ['b'] })
    await until(async () => (await status()).out.includes('b  nothing waits; 8 lanes'))
    await until(async () => (await status()).out.includes('a  nothing waits'))
    const fine = await status('--json')
    expect(fine).toMatchObject({ code: 0, err: '' })
    const json = JSON.parse(fine.out)
    const [first, second] = json.workers as [{ id: string; channels: string[] }, { id: string }]
    const [a, b] = first.channels[0] === 'a' ? [first, second] : [second, first]
    expect(json).toMatchObject({
      ...{ topology: stage.name, stage: 'dev', broker: redis.url, ok: true, errors: 0 },
      channels: [
        { name: 'a', delayed: 0, workers: [a.id], lanes: Array(8).fill({ owner: a.id, records: 0 }) },
        { name: 'b', delayed: 0, workers: [b.id], lanes: Array(8).fill({ owner: b.id, records: 0 }) },
      ],
    })
    expect(json.workers[0]).toEqual({
      ...{ id: expect.any(String), channels: [expect.any(String)], version: '1', host: 'test', pid: process.pid },
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const all = await status(redis.url, '--all')
    expect(all.err).toContain('[USAGE] --all has no meaning with --broker.')
  } finally {
    await stage.close()
  }
})
