import { Subject } from 'rxjs'
import { ownFunction } from '../workload.mjs'

/** One Subject for each processor; who listens to it has subscribed. */
export function run({ processors, events, make, next, sink }) {
  const input = new Subject()
  const subjects = new Map(processors.map(({ name }) => [name, new Subject()]))
  for (const { name, sources, targets } of processors) {
    const body = targets.length === 0 ? 'sink(event)' : `out.next(${next})`
    const handler = ownFunction(name, { out: subjects.get(name), sink }, `(event) => { ${body} }`)
    if (sources.length === 0) input.subscribe(handler)
    for (const source of sources) subjects.get(source).subscribe(handler)
  }
  for (let id = 0; id < events; id++) input.next(make(id))
}
