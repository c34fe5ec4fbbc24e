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

const CODE = (name: string) => `export default {
  name: '${name}',
  processors: { bill: ({ n }) => { if (n % 2 === 1) throw new Error('card ' + n) } },
  streams: [],
}`

test('errors of workers are listed, shown, replayed and removed', async () => {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-errors-'))
  writeFileSync(join(folder, 'topology.mjs'), CODE(stage.name))
  const run = (...words: readonly string[]) => attak(folder, ['errors', ...words, '--broker', redis.url])
  let isFixed = false
  const seen: number[] = []
  const bill = ({ n }: { n: number }) => {
    if (!isFixed && n % 2 === 1) throw new Error(`card ${n}`)
    seen.push(n)
  }
  const worker = await stage.worker({ processors: { bill }, streams: [] })
  try {
    for (let n = 0; n < 6; n++) await worker.take({ to: 'bill', event: { n } })
    const { broker } = await stage.broker()
    await until(async () => (await broker.errors.list()).records.length === 3)
    const listed = await run('list')
    expect(listed.code).toBe(0)
    expect(listed.out).toContain(`${stage.name} (dev) on ${redis.url}: 3 errors`)
    expect(listed.out).toContain(`attak errors replay --all --broker ${redis.url}`)
    const records = JSON.parse((await run('list', '--json')).out) as {
      id: string
      message: { data: { n: number } }
    }[]
    expect(records.map(({ message }) => message.data.n).sort()).toEqual([1, 3, 5])
    const [first, second] = records as [(typeof records)[0], (typeof records)[0]]
    expect((await run('show', first.id)).out).toContain(`card ${first.message.data.n}`)
    expect(await run('purge', second.id, '--yes')).toMatchObject({ code: 0 })
    isFixed = true
    const replayed = await run('replay', '--all', '--yes')
    expect(replayed).toMatchObject({ code: 0 })
    expect(replayed.out).toContain('2 errors accepted')
    expect(replayed.out).toContain('Workers handle them now.')
    await until(() => seen.length === 5)
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5].filter((n) => n !== second.message.data.n))
    expect((await run('list')).out).toContain('0 errors')
  } finally {
    await stage.close()
  }
})

test('a broker that is down, has no such topology, or is given twice is reported', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attak-errors-'))
  writeFileSync(join(folder, 'topology.mjs'), CODE('nowhere'))
  const list = (...words: readonly string[]) => attak(folder, ['errors', 'list', ...words])
  const down = await list('--broker', 'redis://user:secret@127.0.0.1:1')
  expect(down.code).toBe(1)
  expect(down.err).toContain('[BROKER_FAILED]')
  expect(down.err).toContain('ECONNREFUSED')
  expect(down.err).not.toContain('secret')
  expect((await list('--broker', redis.url)).out).toContain('0 errors')
  expect((await list('--broker', redis.url, '--run')).err).toContain('--run and --broker contradict each other')
  const unknown = await list('--broker', 'nats://user:secret@host')
  expect(unknown.err).toContain('nats: is no broker that attak knows')
  expect(unknown.err).not.toContain('secret')
})

test('a password that is missing or wrong is reported as such, and never shown', async () => {
  const locked = await startRedis({ args: ['--requirepass', 's3cret'] })
  try {
    const folder = mkdtempSync(join(tmpdir(), 'attak-errors-'))
    writeFileSync(join(folder, 'topology.mjs'), CODE('locked'))
    for (const given of ['', ':nope@', 'user:nope@']) {
      const url = locked.url.replace('//', `//${given}`)
      const { code, err } = await attak(folder, ['errors', 'list', '--broker', url])
      expect(code).toBe(1)
      expect(err).toContain('refuses the password: ')
      expect(err).not.toContain('nope')
    }
    const url = locked.url.replace('//', '//:s3cret@')
    expect((await attak(folder, ['errors', 'list', '--broker', url])).out).toContain('0 errors')
  } finally {
    await locked.stop()
  }
})
