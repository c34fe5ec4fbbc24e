import PQueue from 'p-queue'
import { ownFunction } from '../workload.mjs'

const WINDOW = 2048

/** One queue of promises for each processor; inputs are taken in windows, since a million waiting ones slow it down. */
export async function run({ processors, events, make, next, sink }) {
  const queues = new Map(processors.map(({ name }) => [name, new PQueue()]))
  const handlers = {}
  for (const { name, targets } of [...processors].reverse()) {
    const adds = targets.map((_, index) => `q${index}.add(() => t${index}(data))`).join('; ')
    const captured = Object.fromEntries(
      targets.flatMap((target, index) => [
        [`t${index}`, handlers[target]],
        [`q${index}`, queues.get(target)],
      ]),
    )
    const body = targets.length === 0 ? 'sink(event)' : `const data = ${next}; ${adds}`
    handlers[name] = ownFunction(name, { ...captured, sink }, `(event) => { ${body} }`)
  }
  const first = processors[0].name
  for (let start = 0; start < events; start += WINDOW) {
    for (let id = start; id < Math.min(start + WINDOW, events); id++) {
      const event = make(id)
      queues.get(first).add(() => handlers[first](event))
    }
    for (const queue of queues.values()) await queue.onIdle()
  }
}
