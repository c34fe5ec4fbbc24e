import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { after } from '../../src/hosts/after.ts'
import { createRedisState } from '../../src/stores/redis/state.ts'
import { stateContract } from '../contract/state-store.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer
let worlds = 0

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const clientOf = (url: string) => {
  const client = new Redis(url, { enableOfflineQueue: false, autoResendUnfulfilledCommands: false })
  client.on('error', () => {})
  return client
}

stateContract('in Redis', {
  make() {
    const prefix = `attak:{t${worlds++}--dev}:state`
    const clients: Redis[] = []
    return {
      open() {
        const client = clientOf(redis.url)
        clients.push(client)
        return createRedisState({ client, prefix, after })
      },
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      close: () => {
        for (const client of clients) client.disconnect()
      },
    }
  },
  passes: false,
  runs: 40,
})

it('a call waits for a server that is away, up to its time limit, and is not done later', async () => {
  const own = await startRedis()
  onTestFinished(() => own.stop())
  const client = clientOf(own.url)
  onTestFinished(() => client.disconnect())
  const store = createRedisState({ client, prefix: 'attak:{t--dev}:state', after })
  const key = { group: 'g', name: 'a' }
  const put = (value: string, withinMs: number) => store.transact([{ kind: 'put', key, value }], withinMs)
  expect((await put('first', 10_000)).kind).toBe('done')
  await own.kill()
  const late = put('late', 300)
  await expect(late).rejects.toMatchObject({ code: 'STORE_FAILED' })
  const waits = store.get(key, 20_000)
  await own.restart()
  expect((await waits)?.value).toBe('first')
})
