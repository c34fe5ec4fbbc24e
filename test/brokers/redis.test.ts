import { afterAll, beforeAll } from 'vitest'
import { brokerContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

brokerContract('Redis', () => redis.url)
