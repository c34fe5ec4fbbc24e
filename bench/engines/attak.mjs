import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocksToFile, buildGraph, parseTopology, recordEntries, recordLines, simulate } from '../dist/attak.js'
import { later, ownFunction } from '../workload.mjs'

/** Few, since what waits in a chunk survives collections, which an event that is made when it is wanted does not. */
const CHUNK_EVENTS = 64

const BODIES = {
  sync: (body) => `(event, context) => { ${body} }`,
  async: (body) => `async (event, context) => { await new Promise(later); ${body} }`,
  callback: (body) => `(event, context, callback) => { later(() => { ${body}; callback(null) }) }`,
}

const COPIERS = {
  none: () => ({ copy: (value) => value, mostBytes: 0 }),
  json: () => ({
    copy: (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value))),
    mostBytes: 0,
  }),
}

const TRANSCRIPTS = {
  none: () => ({}),
  file: () => toFile((add) => recordLines({ write: add })),
  stringify: () => toFile((add) => recordEntries((entry) => add(`${JSON.stringify(entry)}\n`))),
}

/** attak's simulator on a topology of inline handlers, as `attak simulate` runs it. */
export async function run(workload, { style = 'sync', inFlight, copy, transcript = 'none' }) {
  const { processors, edges, events, make, next, sink } = workload
  const handlers = processors.map(({ name, targets }) => {
    const body = targets.length === 0 ? 'sink(event)' : `context.emit('out', ${next})`
    return [name, ownFunction(name, { sink, later }, BODIES[style](body))]
  })
  await simulateTopology({
    processors: Object.fromEntries(handlers),
    streams: edges.map(([from, to]) => [from, to, 'out']),
    input: inputOf(processors[0].name, events, make),
    ...{ console, onProbe() {} },
    ...(inFlight === undefined ? {} : { concurrency: inFlight }),
    ...TRANSCRIPTS[transcript](),
    ...(copy === undefined ? {} : { createCopier: COPIERS[copy] }),
  })
}

/** Runs a topology from the spelling that users write: parsed, built, simulated. */
export async function simulateTopology({ processors, streams, input, definition, ...options }) {
  const { topology, problems } = parseTopology(
    { name: 'bench', processors, streams, ...definition },
    { file: 'bench', modulesIn: () => undefined },
  )
  if (topology === undefined) throw new Error(JSON.stringify(problems))
  const loaded = new Map(
    topology.processors.map((processor) => [processor.name, { name: processor.name, ...processor.source }]),
  )
  const graph = buildGraph(topology, { stage: 'dev' })
  return simulate({ graph, processors: loaded, input, now: () => performance.now(), ...options })
}

function* inputOf(to, events, make) {
  for (let start = 0; start < events; start += CHUNK_EVENTS) {
    const chunk = []
    for (let id = start; id < Math.min(start + CHUNK_EVENTS, events); id++) chunk.push({ to, event: make(id) })
    yield chunk
  }
}

/** The transcript in a file, as `simulate --trace` writes it or by JSON.stringify. */
function toFile(recorderOf) {
  const dir = mkdtempSync(join(tmpdir(), 'attak-bench-'))
  process.once('exit', () => rmSync(dir, { recursive: true }))
  const file = blocksToFile(join(dir, 'trace.jsonl'))
  return { recorder: recorderOf(file.add) }
}
