import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultRound, poisonRound } from './faults.ts'
import type { TestServer } from './process.ts'
import { startRabbit, startToxiproxy, type Toxiproxy } from './servers.ts'

/** FAULT_ROUNDS=200 npm run test:brokers -- rabbitmq-faults: so many rounds. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1)
const FIRST = Number(process.env.FAULT_SEED ?? 1)

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

test('a message that ends its process each time is recorded, and all others are handled', async () => {
  const { handled, recorded, deaths } = await poisonRound(rabbit)
  expect(recorded).toEqual([{ n: 13, code: 'PROCESS_EXIT' }])
  expect(handled).toEqual(Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== 13))
  expect(deaths).toBe(3)
}, 300_000)

test('whatever happens to workers, network and RabbitMQ, no message is lost, and keys stay in order', async () => {
  const totals = { messages: 0, lost: 0, outOfOrder: 0, twice: 0, recorded: 0, faults: 0 }
  for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
    const proxy = await toxiproxy.proxy(rabbit.port)
    const proxied = rabbit.url.replace(/\d+$/, `${proxy.port}`)
    const count = await faultRound({ seed, server: rabbit, proxy, proxied, settleMs: SETTLE_MS })
    for (const name of ['messages', 'lost', 'outOfOrder', 'twice'] as const) totals[name] += count[name]
    totals.faults += count.faults.length
    totals.recorded += count.recorded.length
    process.stdout.write(`${seed}: ${JSON.stringify(count)}\n`)
    expect({ seed, ...count }).toMatchObject({ lost: 0, outOfOrder: 0 })
  }
  process.stdout.write(`${ROUNDS} rounds: ${JSON.stringify(totals)}\n`)
}, 3_600_000)
