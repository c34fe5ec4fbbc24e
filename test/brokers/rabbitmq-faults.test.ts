import { afterAll, beforeAll } from 'vitest'
import { faultTests } from './fault-tests.ts'
import type { TestServer } from './process.ts'
import { startRabbit, startToxiproxy, type Toxiproxy } from './servers.ts'

/**
 * A quorum queue of RabbitMQ 3.10 has no leader for ever when the server is killed within some seconds after the queue was made:
 * Ra syncs what it knows of itself every 5 seconds.
 */
const SETTLE_MS = 6000

let rabbit: TestServer
let toxiproxy: Toxiproxy

beforeAll(async () => {
  ;[rabbit, toxiproxy] = await Promise.all([startRabbit(), startToxiproxy()])
})
afterAll(() => Promise.all([rabbit.stop(), toxiproxy.stop()]))

faultTests('RabbitMQ', async () => {
  const proxy = await toxiproxy.proxy(rabbit.port)
  return { server: rabbit, proxy, proxied: rabbit.url.replace(/\d+$/, `${proxy.port}`), settleMs: SETTLE_MS }
})
