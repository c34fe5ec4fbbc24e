import { AsyncLocalStorage } from 'node:async_hooks'
import { later, ownFunction } from '../workload.mjs'

const BODIES = {
  sync: (body) => `(event, emit, callback) => { ${body}; callback(null) }`,
  callback: (body) => `(event, emit, callback) => { later(() => { ${body}; callback(null) }) }`,
}

/**
 * The naive engine for `handler(event, emit, callback)`: a list of what waits, one promisified call for each hop,
 * `inFlight` inputs at once. `tracked`: it also knows, behind callbacks too, which handler's code runs.
 */
export async function run({ processors, events, make, next, sink }, { style = 'sync', inFlight = 1, tracked = false }) {
  const storage = new AsyncLocalStorage()
  const nodes = new Map(processors.map(({ name }) => [name, { handler: undefined, targets: [] }]))
  for (const { name, targets } of processors) {
    const node = nodes.get(name)
    node.targets = targets.map((target) => nodes.get(target))
    const body = targets.length === 0 ? 'sink(event)' : `emit(${next})`
    node.handler = ownFunction(name, { sink, later }, BODIES[style](body))
  }
  const deliver = (node, event, waiting) =>
    new Promise((resolve, reject) => {
      const emit = (data) => {
        for (const target of node.targets) waiting.push({ node: target, event: data })
      }
      node.handler(event, emit, (error) => (error ? reject(error) : resolve()))
    })
  const handOver = tracked ? (...delivery) => storage.run({ node: delivery[0] }, deliver, ...delivery) : deliver
  const first = nodes.get(processors[0].name)
  let id = 0
  const runner = async () => {
    while (id < events) {
      const waiting = [{ node: first, event: make(id++) }]
      while (waiting.length > 0) {
        const { node, event } = waiting.pop()
        await handOver(node, event, waiting)
      }
    }
  }
  await Promise.all(Array.from({ length: inFlight }, runner))
}
