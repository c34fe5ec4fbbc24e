import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Channel, Connection, type Envelope } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { after } from '../../../src/hosts/after.ts'
import type { OpenSources } from '../../../src/runtime/source.ts'
import { amqp } from '../../../src/sources/amqp/source.ts'
import { sourceContract } from '../../contract/source.ts'
import { type Answering, fakeWorld } from '../../sources/world.ts'
import type { TestServer } from '../process.ts'
import { startRabbit, startToxiproxy } from '../servers.ts'

let server: TestServer
let connection: Connection
const opened: OpenSources[] = []
afterEach(async () => {
  for (const open of opened.splice(0)) await open.stop()
})
beforeAll(async () => {
  server = await startRabbit()
  connection = new Connection({ url: server.url, retryLow: 100, retryHigh: 100 })
  connection.on('error', () => {})
})
afterAll(async () => {
  await connection.close()
  await server.stop()
})

async function put(queue: string, body: Buffer, envelope: Envelope = {}): Promise<void> {
  const channel: Channel = await connection.acquire()
  try {
    await channel.confirmSelect()
    await channel.basicPublish({ routingKey: queue, durable: true, messageId: randomUUID(), ...envelope }, body)
  } finally {
    await channel.close()
  }
}

async function restart(): Promise<void> {
  // RabbitMQ writes the name of a new quorum queue to its disk only after a while.
  await wait(1500)
  await server.restart()
}

for (const declare of ['quorum', 'classic']) {
  sourceContract({
    ...{ name: `amqp (${declare} queue)`, type: 'amqp', source: amqp, keeps: true, ahead: 0 },
    async place() {
      const queue = `q-${randomUUID()}`
      const settings = { url: server.url, queue, declare }
      await connection.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': declare } as never })
      const left = async () => (await connection.queueDeclare({ queue, passive: true })).messageCount
      return { settings, put: (body) => put(queue, body), left }
    },
    // It takes half a minute.
    ...(declare === 'quorum' && { restart }),
  })
}

const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' as const } }

async function start(settings: object = {}, answering: Answering = {}, url = server.url) {
  const queue = `q-${randomUUID()}`
  await connection.queueDeclare({ queue, ...QUORUM })
  const world = { ...fakeWorld(answering), after }
  const source = { name: 'in', type: 'amqp', to: 'intake', settings: { url, queue, ...settings } } as const
  const open = await amqp.open([source], world)
  opened.push(open)
  const data = () => world.events.map(({ event }) => event)
  const has = (events: unknown[]) => vi.waitFor(() => expect(data()).toEqual(events), 30_000)
  return { queue, world, open, data, has }
}

it('content types, CloudEvents and ids of messages decide the event', async () => {
  const { queue, world, has } = await start()
  const send = (body: string | Buffer, envelope: Envelope) => put(queue, Buffer.from(body), envelope)
  await send('1', { messageId: 'a', contentType: 'text/plain' })
  await send('12345678901234567890', { messageId: 'a', contentType: 'application/json' })
  await send(Buffer.from([0xff]), { messageId: 'b', contentType: 'text/plain' })
  await send(Buffer.from([0xff]), { messageId: 'b', contentType: 'application/json' })
  const attributes = { specversion: '1.0', id: 'e1', source: '/shop', type: 'paid', partitionkey: 'k' }
  const prefixed = (prefix: string) =>
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}${name}`, value]))
  await send('{"n":1}', { headers: prefixed('cloudEvents:'), contentType: 'application/json' })
  await send('{"n":2}', { headers: prefixed('cloudEvents_') })
  const event = JSON.stringify({ ...attributes, data: { n: 3 } })
  await send(event, { contentType: 'application/cloudevents+json; charset=utf-8' })
  const odd = { data_base64: '/w==' }
  await has(['1', 12345678901234567000, odd, odd, { n: 1 }, { n: 2 }, { n: 3 }])
  const [a, b, c, d, ...cloudEvents] = world.events
  expect(a!.id).toBe(b!.id)
  expect(c!.id).toBe(d!.id)
  expect(a!.id).not.toBe(c!.id)
  for (const { topic, key, id } of cloudEvents) {
    expect({ topic, key, id }).toEqual({ topic: 'paid', key: 'k', id: cloudEvents[0]!.id })
  }
})

it('a queue is bound to an exchange, and the routing key is the topic', async () => {
  const exchange = `x-${randomUUID()}`
  await connection.exchangeDeclare({ exchange, type: 'topic' })
  const { world, has } = await start({ exchange, routingKeys: ['orders.*', 'bills'] })
  for (const key of ['orders.eu', 'other', 'bills']) await put(key, Buffer.from(`"${key}"`), { exchange })
  await has(['orders.eu', 'bills'])
  expect(world.events.map(({ topic }) => topic)).toEqual(['orders.eu', 'bills'])
})

it('holds no more messages than prefetch', async () => {
  const ends: ((errors: number) => void)[] = []
  const { queue, has, data } = await start(
    { prefetch: 2 },
    { take: () => new Promise((resolve) => ends.push(resolve)) },
  )
  for (let n = 0; n < 5; n++) await put(queue, Buffer.from(String(n)))
  await has([0, 1])
  expect((await connection.queueDeclare({ queue, passive: true })).messageCount).toBe(3)
  ends[1]!(0)
  await has([0, 1, 2])
  expect(data()).toEqual([0, 1, 2])
  for (let at = 0; at < 5; at++) {
    await vi.waitFor(() => expect(ends.length).toBeGreaterThan(at), 30_000)
    ends[at]!(0)
  }
})

it('a message that comes again while it is open is not taken twice', async () => {
  const proxy = await (await startToxiproxy()).proxy(server.port)
  let end = (_: number) => {}
  const url = `amqp://guest:guest@127.0.0.1:${proxy.port}`
  const { queue, has, open, world } = await start({}, { take: () => new Promise((resolve) => (end = resolve)) }, url)
  await put(queue, Buffer.from('1'))
  await has([1])
  await proxy.enable(false)
  await vi.waitFor(() => expect(world.said).toHaveLength(1), 30_000)
  await proxy.enable(true)
  await vi.waitFor(() => expect(world.said).toHaveLength(2), 30_000)
  // It is with the consumer again, and not taken.
  await vi.waitFor(async () => expect((await connection.queueDeclare({ queue, passive: true })).messageCount).toBe(0))
  end(0)
  await open.stop()
  expect((await connection.queueDeclare({ queue, passive: true })).messageCount).toBe(0)
  expect(world.events).toHaveLength(1)
})

it('sources of one address share a connection', async () => {
  const toxiproxy = await startToxiproxy()
  const proxy = await toxiproxy.proxy(server.port)
  const queues = [`q-${randomUUID()}`, `q-${randomUUID()}`]
  for (const queue of queues) await connection.queueDeclare({ queue, ...QUORUM })
  const world = { ...fakeWorld(), after }
  const url = `amqp://127.0.0.1:${proxy.port}`
  const sources = queues.map(
    (queue, at) => ({ name: `in${at}`, type: 'amqp', to: 'intake', settings: { url, queue } }) as const,
  )
  const open = await amqp.open(sources, world)
  opened.push(open)
  for (const [n, queue] of queues.entries()) await put(queue, Buffer.from(String(n)))
  await vi.waitFor(() => expect(world.events.map(({ event }) => event).sort()).toEqual([0, 1]), 30_000)
  expect(connections(proxy.port)).toBe(1)
  await proxy.enable(false)
  await vi.waitFor(() => expect(world.said).toHaveLength(2), 30_000)
  await proxy.enable(true)
  await vi.waitFor(() => expect(world.said).toHaveLength(4), 30_000)
  expect(connections(proxy.port)).toBe(1)
})

/** Open connections to a port of this machine. */
function connections(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
  return rows.filter(([, address, , state]) => address?.endsWith(local) && state === '01').length
}

it('a queue that is not there or has another type is refused, and a wrong password', async () => {
  const refused = (settings: object, url = server.url) => {
    const source = { name: 'in', type: 'amqp', to: 'intake', settings: { url, ...settings } } as const
    return expect(amqp.open([source], { ...fakeWorld(), after })).rejects
  }
  await refused({ queue: 'nowhere' }).toThrow('nowhere')
  const { queue } = await start()
  await refused({ queue, declare: 'classic' }).toThrow('x-queue-type')
  await refused({ queue }, server.url.replace('guest@', 'bad@')).toThrow('ACCESS_REFUSED')
  await refused({ queue }, server.url.replace('guest@', 's%cret@')).toThrow(/^(?!.*cret).*cannot be read/)
})
