import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let server: TestServer
let redis: Redis

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

type Emitting = { emit(topic: string, data?: unknown): Promise<void> }

/** A worker whose first processor waits to be let go, then passes each event on to the second one. */
async function openPair() {
  const stage = openStage(server.url)
  onTestFinished(stage.close)
  const started: number[] = []
  const seen: number[] = []
  const [opened, open] = withResolver()
  const worker = await stage.worker({
    processors: {
      async first(n: number, { emit }: Emitting) {
        started.push(n)
        await opened
        void emit('x', n)
      },
      second: (n: number) => void seen.push(n),
    },
    streams: [['first', 'second']],
  })
  return { stage, worker, started, seen, open, prefix: `attak:{${stage.name}--dev}:` }
}

function withResolver(): readonly [Promise<void>, () => void] {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return [opened, open]
}

test('a full Redis takes no events, but what is there is handled, and makes room', async () => {
  const { worker, started, seen, open } = await openPair()
  for (let n = 0; n < 5; n++) await worker.take({ to: 'first', event: n })
  await until(() => started.length === 5)
  await redis.config('SET', 'maxmemory', '1')
  onTestFinished(() => void redis.config('SET', 'maxmemory', '0'))
  await expect(worker.take({ to: 'first', event: 9 })).rejects.toThrow('did not take a message: OOM')
  open()
  await until(() => seen.length === 5)
  const { stage } = await openPair()
  const { broker } = await stage.broker()
  expect((await broker.status()).workers).toHaveLength(1)
})

test('what Redis refuses to acknowledge is acknowledged when it can be', async () => {
  const { worker, started, seen, open } = await openPair()
  await worker.take({ to: 'first', event: 1 })
  await until(() => started.length === 1)
  await redis.config('SET', 'min-replicas-to-write', '1')
  open()
  await until(() => worker.lines().length > 0)
  await redis.config('SET', 'min-replicas-to-write', '0')
  await until(() => seen.length === 1)
  expect(started).toEqual([1])
})

test('a commit that Redis cannot make removes nothing', async () => {
  const { worker, started, seen, open, prefix } = await openPair()
  await worker.take({ to: 'first', event: 1 })
  await until(() => started.length === 1)
  const names = Array.from({ length: 8 }, (_, index) => `${prefix}in:second:${index}`)
  await Promise.all(names.map((name) => redis.set(name, 'not a stream')))
  open()
  await until(() => worker.lines().some(({ attak }) => attak === 'end'))
  await redis.del(...names)
  await until(() => seen.length === 1)
})

test('after Redis has lost everything, what comes is handled', async () => {
  const { worker, started, seen, open } = await openPair()
  open()
  await redis.flushall()
  for (let n = 0; n < 5; n++) await worker.take({ to: 'first', event: n })
  await until(() => new Set(seen).size === 5)
  expect(started.length).toBeGreaterThan(0)
})

test('what is foreign among the delayed messages and the workers holds nothing up', async () => {
  const { seen, worker, open, prefix } = await openPair()
  open()
  await redis.zadd(`${prefix}later`, 0, 'foreign')
  await redis.hset(`${prefix}workers`, 'foreign', 'not JSON')
  await worker.take({ to: 'first', event: 1 })
  await until(async () => seen.length === 1 && (await redis.zcard(`${prefix}later`)) === 0)
  await until(async () => (await redis.hexists(`${prefix}workers`, 'foreign')) === 0)
})

test('an address that is wrong is refused before anything is written', async () => {
  const refused = (url: string) => expect(openStage(url).broker()).rejects
  await refused(`${server.url}/99`).toThrow(`the broker ${server.url}/99 cannot be used: ERR DB index is out of range`)
  await refused(`${server.url}/abc`).toThrow('it must be the number of a database')
  await refused(`${server.url}?keyPrefix=zz`).toThrow('has a query that is not known: ?keyPrefix')
  await refused(server.url.replace('//', '//u:%zz@')).toThrow('a "%" stands before no code of a character')
  await (await openStage(`${server.url}/3`).broker()).broker.close()
})

test.each(['junk', '0', '-3', '1000000000', '1.5', 'inf'])(
  'a worker refuses %s as the lanes of a channel',
  async (lanes) => {
    const stage = openStage(server.url)
    onTestFinished(stage.close)
    const { broker } = await stage.broker()
    await redis.hset(`attak:{${stage.name}--dev}:channels`, 'a', lanes)
    await expect(broker.ensure(['a'])).rejects.toThrow(
      expect.objectContaining({
        code: 'BROKER_FAILED',
        message: expect.stringContaining(`key attak:{${stage.name}--dev}:channels has "${lanes}" as the lanes of a`),
      }),
    )
  },
)
