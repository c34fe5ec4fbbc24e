import { EventEmitter } from 'node:events'
import { ownFunction } from '../workload.mjs'

/** One emitter for each processor; who listens to it has subscribed to its topic. */
export function run({ processors, events, make, next, sink }) {
  const input = new EventEmitter()
  const emitters = new Map(processors.map(({ name }) => [name, new EventEmitter()]))
  for (const { name, sources, targets } of processors) {
    const body = targets.length === 0 ? 'sink(event)' : `out.emit('out', ${next})`
    const handler = ownFunction(name, { out: emitters.get(name), sink }, `(event) => { ${body} }`)
    if (sources.length === 0) input.on('out', handler)
    for (const source of sources) emitters.get(source).on('out', handler)
  }
  for (let id = 0; id < events; id++) input.emit('out', make(id))
}
