import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attak, type HostOptions } from '../cli/fake-host.ts'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

test('destroy removes all of a topology, but not while workers run or data would be lost', async () => {
  const stage = openStage(redis.url)
  const client = new Redis(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-destroy-'))
  const code = `export default { name: '${stage.name}', processors: { bill: () => {} }, streams: [] }`
  writeFileSync(join(folder, 'topology.mjs'), code)
  const destroy = (words: readonly string[], options?: HostOptions) =>
    attak(folder, ['destroy', '--broker', redis.url, ...words], options)
  const keys = () => client.keys(`*${stage.name}*`)
  const place = `${stage.name} (dev) on ${redis.url}`
  try {
    expect((await destroy(['--yes'])).err).toContain(`[NOT_DEPLOYED] there is no ${place}`)
    const bill = (n: number) => {
      if (n === 0) throw new Error('no card')
    }
    const worker = await stage.worker({ processors: { bill }, streams: [] })
    await worker.take({ to: 'bill', event: 0 })
    const { broker } = await stage.broker()
    await until(async () => (await broker.status()).errors === 1)
    const running = await destroy(['--yes', '--allow-data-loss'])
    expect(running.code).toBe(1)
    expect(running.err).toContain(`[WORKERS_RUNNING] 1 worker of ${place} still runs: process ${process.pid} on test.`)
    await until(async () => (await broker.status()).channels[0]!.lanes.every(({ records }) => records === 0))
    await worker.stop()
    await broker.ensure(['bill'])
    const later = { channel: 'bill', key: undefined, body: '{}', delayMs: 1e9 }
    await broker.send([{ channel: 'bill', key: undefined, body: '{}' }, later])
    const refused = await destroy(['--yes'])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(
      `[DATA_LOSS_REFUSED] ${place} has 1 record waiting, 1 record put off for a retry, 1 error.`,
    )
    expect(refused.err).toContain(`attak destroy --allow-data-loss --broker ${redis.url}`)
    const unasked = await destroy(['--allow-data-loss'])
    expect(unasked.err).toContain(`there is no terminal to ask in: Remove ${place} for good?`)
    const declined = await destroy(['--allow-data-loss'], { interactive: true, stdin: ['n\n'] })
    expect(declined.code).toBe(1)
    expect(declined.err).toContain('Nothing was removed.')
    expect(await keys()).not.toEqual([])
    const gone = await destroy(['--allow-data-loss', '--yes', '--json'])
    expect(gone.code).toBe(0)
    expect(JSON.parse(gone.out)).toEqual({
      ...{ topology: stage.name, stage: 'dev', broker: redis.url, removed: ['bill'] },
    })
    expect(await keys()).toEqual([])
    await (await stage.worker({ processors: { bill }, streams: [] })).stop()
    const empty = await destroy(['--yes'])
    expect(empty).toMatchObject({ code: 0, out: `✓ ${place} is gone: 1 channel removed\n` })
    expect(await keys()).toEqual([])
  } finally {
    client.disconnect()
    await stage.close()
  }
})
