import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import RED from 'node-red'

const WINDOW = 2048

let started

/** Node-RED's runtime without editor and admin API: one function node for each processor, wired as the topology says. */
export async function run({ processors, events, make, next, sink }) {
  started ??= await start(processors, next)
  const { bridge, first } = started
  bridge.sink = sink
  const paths = pathCount(processors)
  for (let start = 0; start < events; start += WINDOW) {
    const end = Math.min(start + WINDOW, events)
    const done = bridge.countTo((end - start) * paths)
    for (let id = start; id < end; id++) first.receive({ payload: make(id) })
    await done
  }
}

async function start(processors, next) {
  const userDir = mkdtempSync(join(tmpdir(), 'attak-bench-'))
  process.on('exit', () => rmSync(userDir, { recursive: true, force: true }))
  const bridge = bridgeOf()
  const settings = {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: false,
    httpNodeRoot: false,
    functionGlobalContext: { bridge },
    functionExternalModules: false,
    telemetry: { enabled: false },
    diagnostics: { enabled: false },
    logging: { console: { level: 'off' } },
  }
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flowOf(processors, next)))
  RED.init(createServer(), settings)
  const flowsStarted = once(RED.events, 'flows:started')
  await RED.start()
  await flowsStarted
  return { bridge, first: RED.nodes.getNode(`node-${processors[0].name}`) }
}

function flowOf(processors, next) {
  const nodes = processors.map(({ name, targets }) => ({
    id: `node-${name}`,
    type: 'function',
    z: 'tab',
    name,
    func:
      targets.length === 0
        ? "global.get('bridge').arrive(msg.payload)"
        : `const event = msg.payload; msg.payload = ${next}; return msg`,
    outputs: 1,
    wires: [targets.map((target) => `node-${target}`)],
  }))
  return [{ id: 'tab', type: 'tab', label: 'bench' }, ...nodes]
}

function bridgeOf() {
  let left = 0
  let resolve
  return {
    sink: undefined,
    arrive(event) {
      this.sink(event)
      if (--left === 0) resolve()
    },
    countTo(count) {
      left = count
      return new Promise((done) => (resolve = done))
    },
  }
}

function pathCount(processors) {
  const byName = new Map(processors.map((processor) => [processor.name, processor]))
  const paths = ({ targets }) =>
    targets.length === 0 ? 1 : targets.reduce((sum, target) => sum + paths(byName.get(target)), 0)
  return paths(processors[0])
}
