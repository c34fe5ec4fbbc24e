import { ownFunction } from '../workload.mjs'

/** The least that promises cost: handlers return the promise of their only emit, nothing is tracked, one input at a time. */
export async function run({ processors, events, make, next, sink }) {
  const nodes = new Map(processors.map(({ name }) => [name, { handler: undefined, emit: undefined }]))
  const deliver = async (node, event) => {
    await node.handler(event, node.emit)
  }
  for (const { name, targets } of processors) {
    const node = nodes.get(name)
    const listeners = targets.map((target) => nodes.get(target))
    node.emit =
      listeners.length === 1
        ? (data) => deliver(listeners[0], data)
        : (data) => Promise.all(listeners.map((listener) => deliver(listener, data)))
    const body = targets.length === 0 ? '{ sink(event) }' : `emit(${next})`
    node.handler = ownFunction(name, { sink }, `(event, emit) => ${body}`)
  }
  const first = nodes.get(processors[0].name)
  for (let id = 0; id < events; id++) await deliver(first, make(id))
}
