import { EVENTS, KEYS } from './size.mjs'

const totals = new Map()

/** `{ id: 7, value: 7, key: 'k7', cents: 700 }`: the event of a line with what the second step adds. */
export function enrich(event) {
  return { ...event, key: `k${event.id % KEYS}`, cents: event.value * 100 }
}

/** Adds an event to its key's total. */
export function aggregate({ key, cents }) {
  const total = totals.get(key) ?? { count: 0, cents: 0 }
  total.count++
  total.cents += cents
  totals.set(key, total)
}

/** The sums of all keys must be right at the end. */
process.once('exit', (code) => {
  let [count, cents] = [0, 0]
  for (const total of totals.values()) {
    count += total.count
    cents += total.cents
  }
  const isRight = totals.size === KEYS && count === EVENTS && cents === (EVENTS / 1000) * 499_500 * 100
  if (code === 0 && !isRight) {
    process.stderr.write(`${totals.size} keys, ${count} events, ${cents} cents\n`)
    process.exitCode = 1
  }
})
