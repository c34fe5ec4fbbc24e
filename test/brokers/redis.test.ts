import { afterAll, beforeAll } from 'vitest'
import { brokerContract, secondThreadContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

brokerContract('Redis', () => redis.url)

secondThreadContract('Redis', () => redis.url)
