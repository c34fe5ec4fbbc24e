import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
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
  const nowhere = await list('--broker', redis.url)
  expect(nowhere.code).toBe(1)
  expect(nowhere.err).toContain(`[NOT_DEPLOYED] there is no nowhere (dev) on ${redis.url}: no worker has run it there.`)
  expect(nowhere.err).toContain(`start it with attak run --broker ${redis.url}.`)
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
      expect(err).toContain(given === '' ? 'wants a password, and none is given' : 'refuses the password: ')
      expect(err).not.toContain('nope')
    }
    const url = locked.url.replace('//', '//:s3cret@')
    const { err } = await attak(folder, ['errors', 'list', '--broker', url])
    expect(err).toContain('[NOT_DEPLOYED]')
    expect(err).not.toContain('s3cret')
  } finally {
    await locked.stop()
  }
})

test('a replay whose record cannot be removed is handled once, however often it is made', async () => {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-errors-'))
  writeFileSync(join(folder, 'topology.mjs'), CODE(stage.name))
  const client = new Redis(redis.url)
  await client.acl('SETUSER', 'reader', 'on', '>pass', '~*', '&*', '+@all', '-hdel')
  const limited = redis.url.replace('//', '//reader:pass@')
  const replay = (url: string, ...more: readonly string[]) =>
    attak(folder, ['errors', 'replay', '--all', '--yes', '--broker', url, ...more])
  let handled = 0
  let isFixed = false
  const bill = () => {
    if (!isFixed) throw new Error('card')
    handled++
  }
  const worker = await stage.worker({ processors: { bill }, streams: [] })
  try {
    await worker.take({ to: 'bill', event: { n: 1 } })
    const { broker } = await stage.broker()
    await until(async () => (await broker.errors.list()).records.length === 1)
    isFixed = true
    for (let round = 0; round < 2; round++) {
      const kept = await replay(limited)
      expect(kept).toMatchObject({ code: 0 })
      expect(kept.err).toContain('1 error accepted, but still in the store: errors in')
      expect(kept.err).toContain('will not be replayed twice within a day')
    }
    expect(await replay(redis.url)).toMatchObject({ code: 0, err: expect.not.stringContaining('still in the store') })
    expect((await broker.errors.list()).records).toEqual([])
    await until(async () =>
      (await broker.status()).channels.every(({ lanes }) => lanes.every((lane) => lane.records === 0)),
    )
    expect(handled).toBe(1)
  } finally {
    client.disconnect()
    await stage.close()
  }
})

test('a broker is selected by the flag alone, with the address of the setting or of the flag', async () => {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-errors-'))
  writeFileSync(join(folder, 'topology.mjs'), CODE(stage.name))
  const env = { ATTAK_BROKER: redis.url.replace('//', '//:s3cret@') }
  const list = (words: readonly string[], variables: Record<string, string> = {}) =>
    attak(folder, ['errors', 'list', ...words], { env: variables })
  await stage.worker({ processors: { bill: () => {} }, streams: [] })
  try {
    const bySetting = await list(['--broker'], { ATTAK_BROKER: redis.url })
    expect(bySetting).toMatchObject({ code: 0, err: '', out: `${stage.name} (dev) on ${redis.url}: 0 errors\n` })
    const missing = await list(['--broker', '--stage', 'prod'], { ATTAK_BROKER: redis.url })
    expect(missing.err).toContain('start it with attak run --stage prod --broker.')
    expect((await list(['--broker'])).err).toContain('[USAGE] --broker has no address, and ATTAK_BROKER is not set.')
    const cloud = await list([], env)
    expect(cloud.err).toContain('[REGION_MISSING]')
    expect(cloud.err.match(/This command works on AWS/g)).toHaveLength(1)
    expect(cloud.err).toContain(`Add --broker for the workers on ${redis.url} (ATTAK_BROKER).`)
    expect(cloud.err).not.toContain('s3cret')
    for (const flag of ['--region', '--profile', '--endpoint']) {
      const both = await list(['--broker', redis.url, flag, flag === '--endpoint' ? 'http://localhost:1' : 'eu-west-1'])
      expect(both.err).toContain(`[USAGE] ${flag} has no meaning with --broker. Leave out ${flag}, or --broker.`)
    }
    const path = await attak(folder, ['errors', 'list', '--broker', './orders'])
    expect(path.err).toContain('A path comes before --broker.')
  } finally {
    await stage.close()
  }
})
