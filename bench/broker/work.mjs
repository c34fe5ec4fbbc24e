import { writeFileSync } from 'node:fs'

/** An event of 100 B. */
export const eventOf = (n) => ({
  id: n,
  value: n % 1000,
  kind: 'order',
  paid: true,
  user: { name: 'Ada Lovelace', city: 'London' },
})

/** What each of the first two hops makes of an event. */
export const next = (event) => ({ ...event, value: event.value + 1 })

/** Measures the processor time of this process from its call on. `take` gets each event of the last hop; the file RESULT gets the time. */
export function measured(events, done) {
  const start = process.cpuUsage()
  let [count, sum] = [0, 0]
  return {
    take({ id, value }) {
      sum += id + value - (id % 1000)
      if (++count < events) return
      const { user, system } = process.cpuUsage(start)
      if (sum !== (events * (events - 1)) / 2 + 2 * events) throw new Error(`the sum is ${sum}`)
      writeFileSync(process.env.RESULT, JSON.stringify({ microseconds: user + system }))
      done()
    },
  }
}
