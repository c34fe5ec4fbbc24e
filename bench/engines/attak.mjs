import { buildGraph, parseTopology, simulate } from '../dist/attak.js'
import { later, ownFunction } from '../workload.mjs'

const CHUNK_EVENTS = 1024

const BODIES = {
  sync: (body) => `(event, context) => { ${body} }`,
  async: (body) => `async (event, context) => { await new Promise(later); ${body} }`,
  callback: (body) => `(event, context, callback) => { later(() => { ${body}; callback(null) }) }`,
}

const COPIES = {
  none: (value) => value,
  json: (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value))),
}

/** attak's simulator on a topology of inline handlers, as `attak simulate` runs it. */
export async function run(workload, { style = 'sync', inFlight, copy }) {
  const { processors, edges, events, make, next, sink } = workload
  const handlers = processors.map(({ name, targets }) => {
    const body = targets.length === 0 ? 'sink(event)' : `context.emit('out', ${next})`
    return [name, ownFunction(name, { sink, later }, BODIES[style](body))]
  })
  await simulateTopology({
    processors: Object.fromEntries(handlers),
    streams: edges.map(([from, to]) => [from, to, 'out']),
    input: inputOf(processors[0].name, events, make),
    ...(inFlight === undefined ? {} : { concurrency: inFlight }),
    ...(copy === undefined ? {} : { copy: COPIES[copy] }),
  })
}

/** Runs a topology from the spelling that users write: parsed, built, simulated. */
export async function simulateTopology({ processors, streams, input, ...options }) {
  const { topology, problems } = parseTopology(
    { name: 'bench', processors, streams },
    { file: 'bench', modulesIn: () => undefined },
  )
  if (topology === undefined) throw new Error(JSON.stringify(problems))
  const loaded = new Map(
    topology.processors.map((processor) => [processor.name, { name: processor.name, ...processor.source }]),
  )
  return simulate({ graph: buildGraph(topology, { stage: 'dev' }), processors: loaded, input, ...options })
}

function* inputOf(to, events, make) {
  for (let start = 0; start < events; start += CHUNK_EVENTS) {
    const chunk = []
    for (let id = start; id < Math.min(start + CHUNK_EVENTS, events); id++) chunk.push({ to, event: make(id) })
    yield chunk
  }
}
