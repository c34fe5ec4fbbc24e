import { afterAll, beforeAll } from 'vitest'
import { brokerContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startKafka } from './servers.ts'

let kafka: TestServer

beforeAll(async () => {
  kafka = await startKafka()
})
afterAll(() => kafka.stop())

brokerContract('Kafka', () => `kafka://${kafka.url}`)
