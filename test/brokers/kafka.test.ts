import { afterAll, beforeAll } from 'vitest'
import { brokerContract, secondThreadContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startKafka, startRedis } from './servers.ts'

let kafka: TestServer
let redis: TestServer

beforeAll(async () => {
  ;[kafka, redis] = await Promise.all([startKafka(), startRedis()])
})
afterAll(() => Promise.all([kafka.stop(), redis.stop()]))

brokerContract(
  'Kafka',
  () => `kafka://${kafka.url}`,
  () => redis.url,
)

secondThreadContract('Kafka', () => `kafka://${kafka.url}`)
