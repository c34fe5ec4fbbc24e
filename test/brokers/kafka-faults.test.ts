import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultRound, poisonRound } from './faults.ts'
import type { TestServer } from './process.ts'
import { type Proxy as ServerProxy, startKafka, startToxiproxy, type Toxiproxy } from './servers.ts'

/** FAULT_ROUNDS=50 npm run test:brokers -- kafka-faults: so many rounds. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1)
const FIRST = Number(process.env.FAULT_SEED ?? 1)

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

test('a message that ends its process each time is recorded, and all others are handled', async () => {
  const { handled, recorded, deaths } = await poisonRound(kafka)
  expect(recorded).toEqual([{ n: 13, code: 'PROCESS_EXIT' }])
  expect(handled).toEqual(Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== 13))
  expect(deaths).toBe(3)
}, 300_000)

test('whatever happens to workers, network and Kafka, no message is lost, and keys stay in order', async () => {
  const totals = { messages: 0, lost: 0, outOfOrder: 0, twice: 0, recorded: 0, faults: 0 }
  for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
    const count = await faultRound({ seed, server: kafka, proxy, proxied: `kafka://127.0.0.1:${proxy.port}` })
    for (const name of ['messages', 'lost', 'outOfOrder', 'twice'] as const) totals[name] += count[name]
    totals.faults += count.faults.length
    totals.recorded += count.recorded.length
    process.stdout.write(`${JSON.stringify({ seed, ...count })}\n`)
    expect({ seed, ...count }).toMatchObject({ lost: 0, outOfOrder: 0 })
  }
  process.stdout.write(`${ROUNDS} rounds: ${JSON.stringify(totals)}\n`)
}, 7_200_000)
