import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { after } from '../../../src/hosts/after.ts'
import type { OpenSources } from '../../../src/runtime/source.ts'
import { redis } from '../../../src/sources/redis/source.ts'
import { sourceContract } from '../../contract/source.ts'
import { type Answering, fakeWorld } from '../../sources/world.ts'
import type { TestServer } from '../process.ts'
import { startRedis } from '../servers.ts'

let server: TestServer
let client: Redis
const opened: OpenSources[] = []
const group = 'attak:orders/dev/in'
beforeAll(async () => {
  server = await startRedis({ args: ['--appendfsync', 'always'] })
})
beforeEach(async () => {
  client = new Redis(server.url)
  client.on('error', () => {})
  await client.flushall()
})
afterEach(async () => {
  for (const open of opened.splice(0)) await open.stop()
  client.disconnect()
})

sourceContract({
  ...{ name: 'redis (stream)', type: 'redis', source: redis, keeps: true, ahead: 0 },
  async place() {
    const stream = `s-${randomUUID()}`
    const settings = { url: server.url, stream, field: 'data', claimAfter: 1 }
    await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM')
    return {
      settings,
      put: async (body) => void (await client.xadd(stream, '*', 'data', body)),
      async left() {
        const [[, , , , , open, , last]] = (await client.xinfo('GROUPS', stream)) as [[...unknown[]]]
        const unread = await client.xrange(stream, `(${String(last)}`, '+')
        return Number(open) + unread.length
      },
    }
  },
  restart: () => server.restart(),
})

sourceContract({
  ...{ name: 'redis (channel)', type: 'redis', source: redis, keeps: false, ahead: 20 },
  async place() {
    const channel = `c-${randomUUID()}`
    const put = async (body: Buffer) => void (await client.publish(channel, body))
    return { settings: { url: server.url, channels: channel }, put }
  },
  restart: () => server.restart(),
})

const STREAM = { stream: 'orders', claimAfter: 1 }

async function start(settings: object = STREAM, answering: Answering = {}) {
  const world = { ...fakeWorld(answering), after }
  const source = { name: 'in', type: 'redis', to: 'intake', settings: { url: server.url, ...settings } } as const
  const [open] = [await redis.open([source], world)]
  opened.push(open)
  const data = () => world.events.map(({ event }) => event)
  const has = (events: unknown[]) => vi.waitFor(() => expect(data()).toEqual(events), 30_000)
  return { world, open, data, has }
}

const pending = async () => ((await client.xpending('orders', group)) as [number])[0]

it('entries are events, and are acknowledged when they are done', async () => {
  await client.xadd('orders', '*', 'id', '7', 'name', 'a b')
  const ends: ((errors: number) => void)[] = []
  const { has, open } = await start(STREAM, { take: () => new Promise((resolve) => ends.push(resolve)) })
  await has([{ id: 7, name: 'a b' }])
  expect(await pending()).toBe(1)
  let isStopped = false
  const stopping = open.stop().then(() => {
    isStopped = true
  })
  await client.ping()
  expect(isStopped).toBe(false)
  for (const end of ends) end(0)
  await stopping
  expect(await pending()).toBe(0)
  expect(await client.xinfo('CONSUMERS', 'orders', group)).toEqual([])
})

it('entries that a consumer left open come to another one, with the same ids', async () => {
  await client.xadd('orders', '*', 'data', '{"n":1}')
  // The first takes the entry, and its process is gone.
  await client.xgroup('CREATE', 'orders', group, '0')
  const [[, [[id]]]] = (await client.xreadgroup('GROUP', group, 'gone', 'STREAMS', 'orders', '>')) as unknown as [
    [string, [[string]]],
  ]
  const { has, world } = await start({ ...STREAM, field: 'data' })
  await has([{ n: 1 }])
  await vi.waitFor(async () => expect(await pending()).toBe(0), 30_000)
  await client.xadd(
    'orders',
    id.replace(/^\d+/, (ms) => String(Number(ms) + 1)),
    'data',
    '2',
  )
  await has([{ n: 1 }, 2])
  expect(new Set(world.events.map((event) => event.id)).size).toBe(2)
})

it('entries that run for long are not taken over', async () => {
  await client.xadd('orders', '*', 'n', '1')
  let end = (_: number) => {}
  const first = await start(STREAM, { take: () => new Promise((resolve) => (end = resolve)) })
  await first.has([{ n: 1 }])
  const second = await start()
  // The first says three times in each second, after which the second would take over, that it works on the entry.
  for (let [kept, last] = [0, 0]; kept < 7; ) {
    const [[, , idle]] = (await client.xpending('orders', group, '-', '+', 1)) as [[string, string, number]]
    if (idle < last) kept++
    last = idle
  }
  expect(second.data()).toEqual([])
  end(0)
})

it('channels and patterns are subscribed to, and odd bytes are kept', async () => {
  const { has, world } = await start({ channels: ['a', 'orders.*'] })
  await client.publish('a', '1')
  await client.publish('orders.eu', 'no json')
  await client.publish('orders.us', Buffer.from([0xff]))
  await has([1, 'no json', { data_base64: '/w==' }])
  expect(world.events.map(({ topic }) => topic)).toEqual(['a', 'orders.eu', 'orders.us'])
})

it('a key that is no stream is refused, and a variable that is not set', async () => {
  await client.set('orders', '1')
  await expect(start()).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
  await expect(start({ ...STREAM, url: '${NO_URL}' })).rejects.toThrow('NO_URL')
})
