import { afterAll, beforeAll } from 'vitest'
import { brokerContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRabbit, startRedis } from './servers.ts'

let rabbit: TestServer
let redis: TestServer

beforeAll(async () => {
  ;[rabbit, redis] = await Promise.all([startRabbit(), startRedis()])
})
afterAll(() => Promise.all([rabbit.stop(), redis.stop()]))

brokerContract(
  'RabbitMQ',
  () => rabbit.url,
  () => redis.url,
)
