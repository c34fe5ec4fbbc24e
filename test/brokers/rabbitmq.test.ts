import { afterAll, beforeAll } from 'vitest'
import { brokerContract } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRabbit } from './servers.ts'

let rabbit: TestServer

beforeAll(async () => {
  rabbit = await startRabbit()
})
afterAll(() => rabbit.stop())

brokerContract('RabbitMQ', () => rabbit.url)
