import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../src/cli/broker.ts'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRabbit } from './servers.ts'

/** One user may do everything, and one nothing. */
const DEFINITIONS = {
  vhosts: [{ name: '/' }, { name: 'other' }],
  users: [
    { name: 'guest', password: 'guest', tags: 'administrator' },
    { name: 'weak', password: 'weak', tags: '' },
  ],
  permissions: [
    { user: 'guest', vhost: '/', configure: '.*', write: '.*', read: '.*' },
    { user: 'weak', vhost: '/', configure: '^$', write: '^$', read: '^$' },
  ],
}

let server: TestServer
let client: Connection

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'attak-rabbit-')), 'definitions.json')
  writeFileSync(file, JSON.stringify(DEFINITIONS))
  server = await startRabbit({ config: [`load_definitions = ${file}`] })
  client = new Connection(server.url)
  client.on('error', () => {})
})
afterAll(async () => {
  client.unsafeDestroy()
  await server.stop()
})

/** What comes of opening a broker, and of making a channel there. */
async function failureOf(url: string, topology = `t${Date.now().toString(36)}`): Promise<string> {
  const told: string[] = []
  const world = { topology, stage: 'dev', dir: process.cwd(), now: Date.now, tell: (text: string) => told.push(text) }
  try {
    const { broker } = await openBroker({ ...world, url })
    onTestFinished(() => broker.close())
    await broker.ensure(['work'])
    return 'nothing'
  } catch (error) {
    const { message, remedy } = error as { readonly message: string; readonly remedy: string }
    return `${message}. ${remedy}`
  }
}

const urlOf = (user: string, path = '') => `amqp://${user}@127.0.0.1:${server.port}${path}`

test('a server that is down, a password and a virtual host are refused in words, without the password', async () => {
  const cases = [
    ['amqp://guest:s3cret@127.0.0.1:1', /cannot be used: .*ECONNREFUSED.*Start it, or correct the address/],
    [urlOf('guest:s3cret'), /refuses the user or the password\. Give both in the address/],
    [urlOf('guest:guest', '/nowhere'), /refuses the virtual host: vhost nowhere not found\. Name one/],
    [urlOf('guest:guest', '/other'), /refuses the virtual host: .*access to vhost 'other' refused.*\. Name one/],
    [urlOf('weak:weak'), /refuses the queue "attak\.\S+": .*Permit its user/],
    [urlOf('guest:s3cret%'), /^--broker: the address \S+ cannot be read: .*"%" as %25/],
  ] as const
  for (const [url, expected] of cases) {
    const failure = await failureOf(url)
    expect(failure).toMatch(expected)
    expect(failure).not.toContain('s3cret')
  }
})

test('guest is the user of an address without one', async () => {
  expect(await failureOf(`amqp://127.0.0.1:${server.port}`)).toBe('nothing')
})

test('a queue of the same name that something else made is named', async () => {
  await client.queueDeclare({ queue: 'attak.taken--dev.work.3', durable: true })
  expect(await failureOf(server.url, 'taken')).toMatch(
    /has another queue "attak\.taken--dev\.work\.3": .*delete the queue/,
  )
})

test('workers that start at once with different lanes agree on one number', async () => {
  const world = { url: server.url, topology: 'agreed', stage: 'dev', dir: process.cwd(), now: Date.now, tell: () => {} }
  const opened = await Promise.all([2, 3, 4].map((lanes) => openBroker({ ...world, lanes })))
  for (const { broker } of opened) onTestFinished(() => broker.close())
  const warnings = await Promise.all(opened.map(({ broker }) => broker.ensure(['work'])))
  expect(warnings.filter((each) => each.length > 0)).toHaveLength(2)
  const { channels } = await opened[0]!.broker.status()
  const lanes = channels[0]!.lanes.length
  expect([2, 3, 4]).toContain(lanes)
  for (const warning of warnings.flat()) expect(warning).toContain(`"work" has ${lanes}`)
})

test('errors are read by several at once, and what is no error record stays and is reported', async () => {
  const stage = openStage(server.url)
  onTestFinished(stage.close)
  const fail = () => {
    throw new Error('no')
  }
  const worker = await stage.worker({ processors: { fail }, streams: [] })
  for (let n = 0; n < 20; n++) await worker.take({ to: 'fail', event: { n } })
  const { broker } = await stage.broker()
  await until(async () => (await broker.errors.list()).records.length === 20)
  const queue = `attak.${stage.name}--dev.errors`
  await client.createPublisher({ confirm: true }).send(queue, Buffer.from([0, 255, 254]))
  const others = await Promise.all([stage.broker(), stage.broker()])
  const readers = [broker, ...others.map((other) => other.broker)]
  const lists = await Promise.all(readers.map((reader) => reader.errors.list()))
  expect(lists.map(({ records }) => records.length)).toEqual([20, 20, 20])
  expect(lists.map(({ problems }) => problems.length)).toEqual([1, 1, 1])
  const some = lists[0]!.records.slice(5, 10)
  expect((await broker.errors.remove(some)).size).toBe(5)
  const left = await broker.errors.list()
  expect(left.records).toHaveLength(15)
  expect(left.problems).toHaveLength(1)
})

test('nothing of a topology is left when it is destroyed', async () => {
  const stage = openStage(server.url)
  onTestFinished(stage.close)
  const worker = await stage.worker({ processors: { work: () => {} }, streams: [] })
  await worker.take({ to: 'work', event: 1 })
  await worker.stop()
  const { broker } = await stage.broker()
  await broker.send([{ channel: 'work', key: undefined, body: '{}' }]).catch(() => {})
  await broker.destroy()
  expect(await broker.status()).toEqual({ channels: [], workers: [], errors: 0 })
  for (const name of ['channels', 'errors', 'work.0', 'work.0.state', 'present']) {
    const queue = `attak.${stage.name}--dev.${name}`
    await expect(client.queueDeclare({ queue, passive: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('a server that takes no messages is told of once', async () => {
  const full = await startRabbit({ config: ['vm_memory_high_watermark.absolute = 20MB'] })
  onTestFinished(full.stop)
  const told: string[] = []
  const world = { topology: 'full', stage: 'dev', dir: process.cwd(), now: Date.now }
  const { broker } = await openBroker({ ...world, url: full.url, tell: (text) => told.push(text) })
  const ensuring = broker.ensure(['work']).catch(() => {})
  await until(() => told.length > 0)
  expect(told).toEqual([
    expect.stringContaining('takes no messages for now: low on memory. attak waits until it does.'),
  ])
  await broker.close()
  await ensuring
})
