import { afterAll, beforeAll } from 'vitest'
import { faultTests } from './fault-tests.ts'
import type { TestServer } from './process.ts'
import { type Proxy as ServerProxy, startKafka, startToxiproxy, type Toxiproxy } from './servers.ts'

let kafka: TestServer
let toxiproxy: Toxiproxy
let proxy: ServerProxy

beforeAll(async () => {
  toxiproxy = await startToxiproxy()
  const started = await startKafka({
    async proxied(port) {
      proxy = await toxiproxy.proxy(port)
      return proxy.port
    },
  })
  kafka = { ...started, url: `kafka://${started.url}` }
})
afterAll(() => Promise.all([kafka.stop(), toxiproxy.stop()]))

faultTests('Kafka', async () => {
  return { server: kafka, proxy, proxied: `kafka://127.0.0.1:${proxy.port}` }
})
