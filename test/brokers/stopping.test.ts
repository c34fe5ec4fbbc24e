import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const NOTE = `import { appendFileSync } from 'node:fs'
const note = (text) => appendFileSync(process.env.NOTES, text + '\\n')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
`

/** Starts a worker process of a topology, whose processors `note` what they do. */
function openWorker(processors: string, { streams = '[]', drain = 60 } = {}) {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-stopping-'))
  const notes = join(folder, 'notes')
  const topology = `${NOTE}export default { name: '${stage.name}', timeout: 60, processors: { ${processors} }, streams: ${streams} }`
  writeFileSync(join(folder, 'topology.mjs'), topology)
  writeFileSync(notes, '')
  const args = [resolve('bin/attak.js'), 'run', '--broker', redis.url, '--lease', '2', '--drain', String(drain)]
  const env = { PATH: process.env.PATH, NOTES: notes }
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    await stage.close()
    rmSync(folder, { recursive: true })
  })
  const noted = () => readFileSync(notes, 'utf8').split('\n').slice(0, -1)
  return { stage, child, ended, noted }
}

test('a worker that is stopped finishes its handlers, commits them, and ends with 0', async () => {
  const { stage, child, ended, noted } = openWorker(
    `a(event, { emit }) { emit('x', event, { key: 'k' + (event.n % 3) }); emit('x', event) },
     async b({ n }) { note('start ' + n); await sleep(60); note('end ' + n) }`,
    { streams: "[['a', 'b']]" },
  )
  const { broker } = await stage.broker()
  const sender = await stage.worker({ processors: { a() {}, b() {} }, streams: [['a', 'b']] }, { runs: [] })
  await Promise.all(Array.from({ length: 200 }, (_, n) => sender.take({ to: 'a', event: { n } })))
  await until(() => noted().length > 20)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const count = (kind: string) => noted().filter((line) => line.startsWith(kind)).length
  expect(count('start')).toBe(count('end'))
  const { channels } = await broker.status()
  const owners = channels.flatMap(({ lanes }) => lanes.flatMap(({ owner }) => owner ?? []))
  expect(owners).toEqual([])
})

test('a worker that is stopped during its setup ends', async () => {
  const { child, ended, noted } = openWorker(
    "a: { setup: () => { note('setup'); return new Promise((resolve) => setTimeout(resolve, 3_600_000)) }, handler() {} }",
    { drain: 1 },
  )
  await until(() => noted().length > 0)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a handler may emit as many keys as it likes', async () => {
  const { stage, noted } = openWorker(
    `a(event, { emit }) { for (let n = 0; n < 50_000; n++) emit('x', n, { key: 'k' + n }) },
     b(n) { if (n % 10_000 === 9999) note('b ' + n) }`,
    { streams: "[['a', 'b']]" },
  )
  const sender = await stage.worker({ processors: { a() {}, b() {} }, streams: [['a', 'b']] }, { runs: [] })
  await sender.take({ to: 'a', event: 1 })
  await until(() => noted().length === 5, 12_000)
})
