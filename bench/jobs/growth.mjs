import { simulateTopology } from '../engines/attak.mjs'
import { ownFunction } from '../workload.mjs'

const CHUNK_EVENTS = 64
/** So few that building a large topology counts, and so many that it is not all. */
const FEW_EVENTS = 20

/** What is simulated, by what grows: a topology, what its input is made of, and how many events of it there are. */
const GROWING = {
  fields: (n) => ({ ...line(), make: asRead(wide(n)), events: share(4_000_000, n) }),
  bytes: (n) => ({ ...line(), make: asRead({ text: 'x'.repeat(n) }), events: share(1_000_000_000, n) }),
  hops: (n) => ({ ...chain(n), events: FEW_EVENTS }),
  receivers: (n) => ({ ...fan(n), events: FEW_EVENTS }),
  keys: (n) => ({ ...line(), keyOf: (id) => `${id % n}`, events: 1_000_000 }),
  failing: (percent) => ({ ...line(failing(percent)), events: 200_000 }),
}

/**
 * `{ of: 'fields', n: 64 }` gives `{ value: 2140 }`: nanoseconds of processor time for each event of the input. A run begins
 * cold, and what its topology takes to build counts.
 */
export async function measure({ of, n }) {
  const { processors, streams, events, make = (id) => ({ id }), keyOf, count } = GROWING[of](n)
  const start = process.cpuUsage()
  const { summary } = await simulateTopology({
    ...{ processors, streams, definition: { hopLimit: 20_000, retries: 1 } },
    input: inputOf(Object.keys(processors)[0], { events, make, keyOf }),
  })
  const { user, system } = process.cpuUsage(start)
  const handled = Object.values(summary.handled).reduce((sum, one) => sum + one)
  if (handled !== events * count || summary.failed !== 0) throw new Error(`${of} ${n}: ${JSON.stringify(summary)}`)
  return { value: ((user + system) * 1000) / events, events }
}

const share = (all, n) => Math.min(100_000, Math.max(20, Math.round(all / n)))

function* inputOf(to, { events, make, keyOf }) {
  for (let start = 0; start < events; start += CHUNK_EVENTS) {
    const ids = Array.from({ length: Math.min(CHUNK_EVENTS, events - start) }, (_, index) => start + index)
    yield ids.map((id) => ({ to, event: make(id), ...(keyOf && { key: keyOf(id) }) }))
  }
}

const passing = (name) => ownFunction(name, {}, "(event, context) => { context.emit('out', event) }")
const ending = (name) => ownFunction(name, {}, '() => {}')

function line(first = passing('a')) {
  return { processors: { a: first, b: ending('b') }, streams: [['a', 'b', 'out']], count: 2 }
}

function chain(n) {
  const names = Array.from({ length: n }, (_, index) => `p${index}`)
  const processors = Object.fromEntries(names.map((name) => [name, passing(name)]))
  return { processors, streams: names.slice(1).map((name, index) => [names[index], name, 'out']), count: n }
}

function fan(n) {
  const names = Array.from({ length: n }, (_, index) => `p${index}`)
  const processors = Object.fromEntries(names.map((name) => [name, ending(name)]))
  return {
    processors: { a: passing('a'), ...processors },
    streams: names.map((name) => ['a', name, 'out']),
    count: n + 1,
  }
}

/** Events come as JSON lines: reading them is a part of the cost that users see. */
function asRead(event) {
  const text = JSON.stringify(event)
  return () => JSON.parse(text)
}

function wide(n) {
  return Object.fromEntries(Array.from({ length: n }, (_, index) => [`field${index}`, index]))
}

function failing(percent) {
  const body = `(event, context) => {
    if (context.attempt === 1 && event.id % 100 < ${percent}) throw new Error('not yet')
    context.emit('out', event)
  }`
  return ownFunction('a', {}, body)
}
