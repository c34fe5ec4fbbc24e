import { AsyncLocalStorage } from 'node:async_hooks'
import { later, ownFunction } from '../workload.mjs'

const BODIES = {
  sync: (body) => `(event, emit) => { ${body} }`,
  async: (body) => `async (event, emit) => { await new Promise(later); ${body} }`,
}

/**
 * The naive engine of promises, with our contract: a handler emits as often as it likes, and an input is done when all
 * it caused is done. One async call for each hop, awaited; `inFlight` inputs at once. `tracked`: it also knows, behind
 * promises too, which handler's code runs.
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
  const deliver = async (node, event, waiting) => {
    await node.handler(event, (data) => {
      for (const target of node.targets) waiting.push({ node: target, event: data })
    })
  }
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
