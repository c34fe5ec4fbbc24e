import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestServer } from './process.ts'
import { anyCase, brokered, embedded, simulated } from './same-outputs.ts'
import { startKafka, startRabbit, startRedis } from './servers.ts'

/** SAME_CASES=1000 npm run test:brokers -- same-outputs: so many topologies. */
const CASES = Number(process.env.SAME_CASES ?? 40)
const SEED = Number(process.env.SAME_SEED ?? 1)

/** Making channels takes longer on some of them. */
const BROKERS: readonly (readonly [string, () => Promise<TestServer>, scheme: string, cases: number])[] = [
  ['Redis', startRedis, '', CASES],
  ['Kafka', startKafka, 'kafka://', CASES / 8],
  ['RabbitMQ', startRabbit, '', CASES / 8],
]

test('a topology has the same outputs embedded as simulated, for each key in the same order', async () => {
  const law = fc.asyncProperty(anyCase, async (subject) => {
    expect(await embedded(subject)).toEqual(await simulated(subject))
  })
  await fc.assert(law, { numRuns: CASES, seed: SEED })
})

describe.each(BROKERS)('on %s', (_, start, scheme, cases) => {
  let server: TestServer

  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  test('a topology has the same outputs as simulated, for each key in the same order', async () => {
    const run = brokered(() => `${scheme}${server.url}`)
    const law = fc.asyncProperty(anyCase, async (subject) => {
      expect(await run(subject)).toEqual(await simulated(subject))
    })
    await fc.assert(law, { numRuns: cases, seed: SEED })
  })
})
