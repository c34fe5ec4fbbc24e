import fastq from 'fastq'
import { ownFunction } from '../workload.mjs'

/** One queue with a callback worker for each processor. */
export async function run({ processors, events, make, next, sink }) {
  const queues = {}
  for (const { name, targets } of [...processors].reverse()) {
    const pushes = targets.map((_, index) => `t${index}.push(data)`).join('; ')
    const captured = Object.fromEntries(targets.map((target, index) => [`t${index}`, queues[target]]))
    const body = targets.length === 0 ? 'sink(event)' : `const data = ${next}; ${pushes}`
    queues[name] = fastq(ownFunction(name, { ...captured, sink }, `(event, done) => { ${body}; done(null) }`), 1)
  }
  const first = queues[processors[0].name]
  for (let id = 0; id < events; id++) first.push(make(id))
  for (const { name } of processors) {
    if (!queues[name].idle()) await new Promise((resolve) => (queues[name].drain = resolve))
  }
}
