import { afterAll, beforeAll } from 'vitest'
import { faultTests } from './fault-tests.ts'
import type { TestServer } from './process.ts'
import { startRedis, startToxiproxy, type Toxiproxy } from './servers.ts'

let redis: TestServer
let toxiproxy: Toxiproxy

beforeAll(async () => {
  ;[redis, toxiproxy] = await Promise.all([startRedis(), startToxiproxy()])
})
afterAll(() => Promise.all([redis.stop(), toxiproxy.stop()]))

faultTests('Redis', async () => {
  const proxy = await toxiproxy.proxy(redis.port)
  return { server: redis, proxy, proxied: `redis://127.0.0.1:${proxy.port}` }
})
