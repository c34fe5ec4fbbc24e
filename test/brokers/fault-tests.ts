import { expect, test } from 'vitest'
import { faultRound, poisonRound, type Round } from './faults.ts'

/** FAULT_ROUNDS=200 npm run test:brokers -- redis-faults: so many rounds. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1)
const FIRST = Number(process.env.FAULT_SEED ?? 1)

/** Counts what faults lose on a broker. `open` returns the server, and a way to it that can be cut, for each round. */
export function faultTests(name: string, open: () => Promise<Omit<Round, 'seed'>>): void {
  test('a message that ends its process each time is recorded, and all others are handled', async () => {
    const { handled, recorded, deaths } = await poisonRound((await open()).server)
    expect(recorded).toEqual([{ n: 13, code: 'PROCESS_EXIT' }])
    expect(handled).toEqual(Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== 13))
    expect(deaths).toBe(3)
  }, 300_000)

  test(`whatever happens to workers, network and ${name}, no message is lost, and keys stay in order`, async () => {
    const totals = { messages: 0, lost: 0, outOfOrder: 0, twice: 0, recorded: 0, faults: 0 }
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
      const count = await faultRound({ seed, ...(await open()) })
      for (const name of ['messages', 'lost', 'outOfOrder', 'twice'] as const) totals[name] += count[name]
      totals.faults += count.faults.length
      totals.recorded += count.recorded.length
      process.stdout.write(`${JSON.stringify({ seed, ...count })}\n`)
      expect({ seed, ...count }).toMatchObject({ lost: 0, outOfOrder: 0 })
    }
    process.stdout.write(`${ROUNDS} rounds: ${JSON.stringify(totals)}\n`)
  }, 7_200_000)
}
