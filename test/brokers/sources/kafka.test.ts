import { randomUUID } from 'node:crypto'
import * as client from '@platformatic/kafka'
import { Admin, type Consumer, Producer } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { after } from '../../../src/hosts/after.ts'
import type { OpenSources } from '../../../src/runtime/source.ts'
import { kafka } from '../../../src/sources/kafka/source.ts'
import { sourceContract } from '../../contract/source.ts'
import { type Answering, fakeWorld } from '../../sources/world.ts'
import type { TestServer } from '../process.ts'
import { startKafka } from '../servers.ts'

let server: TestServer
let admin: Admin
let producer: Producer
const opened: OpenSources[] = []
beforeAll(async () => {
  server = await startKafka()
  const options = { clientId: 'test', bootstrapBrokers: [server.url], retries: 2, retryDelay: 200 }
  admin = new Admin(options)
  producer = new Producer({ ...options, autocreateTopics: false })
})
afterEach(async () => {
  for (const open of opened.splice(0)) await open.stop()
})
afterAll(async () => {
  await Promise.all([admin.close(), producer.close()])
  await server.stop()
})

const group = 'attak:orders/dev/in'
const url = () => `kafka://${server.url}`

async function topicOf(partitions = 1): Promise<string> {
  const topic = `t-${randomUUID()}`
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  return topic
}

type Sent = Parameters<Producer['send']>[0]['messages'][0]
const send = (topic: string, ...messages: Omit<Sent, 'topic'>[]) =>
  producer.send({ messages: messages.map((one) => ({ topic, ...one })), acks: -1 })

async function left(topic: string, groupId = group): Promise<number> {
  const reader = new client.Consumer({ clientId: 'test', groupId, bootstrapBrokers: [server.url] }) as Consumer
  try {
    const [ends, { groups }] = await Promise.all([
      reader.listOffsets({ topics: [topic], timestamp: -1n }),
      Promise.resolve({ groups: await admin.listConsumerGroupOffsets({ groups: [groupId] }) }),
    ])
    const committed = groups.flatMap(({ topics }) => topics.filter(({ name }) => name === topic))
    const done = committed.flatMap(({ partitions }) => partitions.map((one) => Number(one.committedOffset)))
    return ends.get(topic)!.reduce((sum, end) => sum + Number(end), 0) - done.reduce((sum, one) => sum + one, 0)
  } finally {
    await reader.close()
  }
}

sourceContract({
  ...{ name: 'kafka', type: 'kafka', source: kafka, keeps: true, ahead: 0 },
  async place() {
    const topic = await topicOf()
    const group = `g-${randomUUID()}`
    return {
      settings: { url: url(), topics: topic, claimAfter: 2, group },
      put: async (value) => void (await send(topic, { value })),
      left: () => left(topic, group),
    }
  },
  restart: () => server.restart(),
})

async function start(settings: object, answering: Answering = {}) {
  const world = { ...fakeWorld(answering), after }
  const source = {
    name: 'in',
    type: 'kafka',
    to: 'intake',
    settings: { url: url(), claimAfter: 2, ...settings },
  } as const
  const open = await kafka.open([source], world)
  opened.push(open)
  const data = () => world.events.map(({ event }) => event)
  const has = (events: unknown[]) => vi.waitFor(() => expect(data()).toEqual(events), 30_000)
  return { world, open, data, has }
}

it('keys, headers, CloudEvents and records without a value decide the event', async () => {
  const topic = await topicOf()
  const { world, has } = await start({ topics: topic })
  const bytes = (text: string) => Buffer.from(text)
  const attributes = { specversion: '1.0', id: 'e1', source: '/shop', type: 'paid' }
  const binary = Object.entries(attributes).map(([name, value]) => [bytes(`ce_${name}`), bytes(value)] as const)
  const structured = bytes(JSON.stringify({ ...attributes, partitionkey: 'p', data: { n: 2 } }))
  const type = (text: string) => new Map([[bytes('content-type'), bytes(text)]])
  await send(
    topic,
    { key: bytes('7'), value: bytes('{"n":0}') },
    { key: Buffer.from([0xff]), headers: type('text/plain'), value: bytes('1') },
    { key: bytes('k'), headers: new Map(binary), value: bytes('{"n":1}') },
    { headers: type('application/cloudevents+json'), value: structured },
    { key: bytes('gone') } as Sent,
  )
  await has([{ n: 0 }, '1', { n: 1 }, { n: 2 }, null])
  expect(world.events.map(({ topic: name, key }) => [name, key])).toEqual([
    ...[
      [topic, '7'],
      [topic, '/w=='],
      ['paid', 'k'],
      ['paid', 'p'],
      [topic, 'gone'],
    ],
  ])
  const ids = world.events.map(({ id }) => id)
  expect(ids[2]).toBe(ids[3])
  expect(new Set(ids).size).toBe(4)
})

it('an offset is committed when everything before it is done', async () => {
  const topic = await topicOf()
  const ends = new Map<unknown, (errors: number) => void>()
  const take = ({ event }: { event: unknown }) => new Promise<number>((resolve) => ends.set(event, resolve))
  const { has } = await start({ topics: topic }, { take })
  await send(topic, ...[0, 1, 2].map((n) => ({ value: Buffer.from(String(n)) })))
  await has([0, 1, 2])
  ends.get(1)!(0)
  ends.get(2)!(0)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await left(topic)).toBe(3)
  ends.get(0)!(0)
  await vi.waitFor(async () => expect(await left(topic)).toBe(0), 30_000)
})

it('consumers share partitions, and a rebalance loses nothing and takes nothing twice that is open', async () => {
  const topic = await topicOf(4)
  const taken: number[] = []
  const answering = {
    take: async ({ event }: { event: unknown }) => {
      taken.push(Number(event))
      await new Promise((resolve) => setTimeout(resolve, 5))
      return 0
    },
  }
  const sendSome = async (from: number) => {
    for (let n = from; n < from + 200; n += 10) {
      const some = Array.from({ length: 10 }, (_, at) => ({ value: Buffer.from(String(n + at)), partition: at % 4 }))
      await send(topic, ...some)
    }
  }
  const first = await start({ topics: topic }, answering)
  await sendSome(0)
  const second = await start({ topics: topic }, answering)
  await sendSome(200)
  await vi.waitFor(() => expect(second.world.events.length).toBeGreaterThan(0), 30_000)
  await first.open.stop()
  await sendSome(400)
  await vi.waitFor(() => expect(new Set(taken).size).toBe(600), 30_000)
  await vi.waitFor(async () => expect(await left(topic)).toBe(0), 30_000)
  // What was done and not committed yet at the rebalance may come again.
  expect(taken.length).toBeLessThan(700)
})

it('from: latest begins at the end, and does not lose what comes while nothing reads', async () => {
  const topic = await topicOf()
  await send(topic, { value: Buffer.from('0') })
  const first = await start({ topics: topic, from: 'latest' })
  await first.open.stop()
  await send(topic, { value: Buffer.from('1') })
  await (await start({ topics: topic, from: 'latest' })).has([1])
})

it('goes on at the first record that is there when its place was deleted', async () => {
  const topic = await topicOf()
  const some = (...all: number[]) => send(topic, ...all.map((n) => ({ value: Buffer.from(String(n)) })))
  await some(0)
  const first = await start({ topics: topic })
  await first.has([0])
  await first.open.stop()
  await some(1, 2, 3)
  await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 3n }] }] })
  const second = await start({ topics: topic })
  await second.has([3])
  expect(second.world.said[0]).toContain('the records from 1 on are not there any more')
})

it('a topic that is not there is refused, and a URL that cannot be read', async () => {
  await expect(start({ topics: 'nowhere' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
  await expect(start({ topics: 't', url: 'kafka://u:s%cret@h' })).rejects.toThrow(/^(?!.*cret).*no URL of Kafka/)
  await expect(start({ topics: 't', url: 'kafka://u:p@h?mechanism=x' })).rejects.toThrow('scram-sha-256')
})
