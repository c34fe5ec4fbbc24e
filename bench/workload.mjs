/**
 * What every engine of the throughput rows runs. A processor hands on a new event with `value` one higher to all that
 * listen to it; one that nobody listens to is a sink, which counts and adds up what arrives.
 */
const SHAPES = {
  linear: ['A>B', 'B>C'],
  fan: Array.from({ length: 10 }, (_, index) => `A>B${index + 1}`),
  diamond: ['A>B', 'A>C', 'B>D', 'C>D'],
  chain20: Array.from({ length: 19 }, (_, index) => `P${index + 1}>P${index + 2}`),
}

const ORDER_LINES = Array.from({ length: 12 }, (_, index) => ({
  article: 'a-4711',
  text: 'A thing to buy',
  count: index % 7,
  price: 12.5,
  tags: ['x', 'y'],
}))

/**
 * The events by size: how the n-th input is made, and the source text of what a processor makes of an event. The size
 * is that of the event's JSON.
 */
const EVENTS = {
  small: {
    make: (id) => ({ id, value: id % 1000 }),
    next: '{ id: event.id, value: event.value + 1 }',
  },
  '100B': {
    make: (id) => ({ id, value: id % 1000, kind: 'order', paid: true, user: { name: 'Ada Lovelace', city: 'London' } }),
    next: '{ id: event.id, value: event.value + 1, kind: event.kind, paid: event.paid, user: { name: event.user.name, city: event.user.city } }',
  },
  '1KB': {
    make: (id) => ({ id, value: id % 1000, kind: 'order', lines: ORDER_LINES }),
    next: '{ id: event.id, value: event.value + 1, kind: event.kind, lines: event.lines }',
  },
}

/**
 * One workload: `{ shape: 'linear', size: 'small', events: 1000000 }` →
 * `{ processors: [{ name: 'A', targets: ['B'], sources: [] }, …], make, next, sink, counted, expected }`.
 */
export function workloadOf({ shape, size = 'small', events }) {
  const edges = SHAPES[shape].map((edge) => edge.split('>'))
  const names = [...new Set(edges.flat())]
  const processors = names.map((name) => ({
    name,
    targets: edges.filter(([from]) => from === name).map(([, to]) => to),
    sources: edges.filter(([, to]) => to === name).map(([from]) => from),
  }))
  const counted = { count: 0, sum: 0 }
  const sink = (event) => {
    counted.count++
    counted.sum += event.value
  }
  return { processors, edges, events, ...EVENTS[size], sink, counted, expected: expectedOf(processors, events) }
}

function expectedOf(processors, events) {
  const byName = new Map(processors.map((processor) => [processor.name, processor]))
  let values = 0
  for (let id = 0; id < events; id++) values += id % 1000
  const arrivals = (name, hops) => {
    const { targets } = byName.get(name)
    if (targets.length === 0) return { count: events, sum: values + hops * events }
    const parts = targets.map((target) => arrivals(target, hops + 1))
    return parts.reduce((all, part) => ({ count: all.count + part.count, sum: all.sum + part.sum }))
  }
  return arrivals(processors[0].name, 0)
}

/**
 * A function with its own code, as each real handler has. Closures of one function would share what the compiler
 * learns, and every engine would look better on the chain of 20.
 */
export function ownFunction(name, captured, source) {
  const make = new Function(...Object.keys(captured), `/* ${name} */ return ${source}`)
  return make(...Object.values(captured))
}

let arrived = []

/** Calls `settle` in a later turn of the event loop, together with all others that waited for it: as I/O comes in. */
export function later(settle) {
  if (arrived.push(settle) === 1) setImmediate(settleArrived)
}

function settleArrived() {
  const settles = arrived
  arrived = []
  for (const settle of settles) settle()
}
