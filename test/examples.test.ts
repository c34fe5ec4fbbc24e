import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type InputOptions, openInput } from '../src/project/input.ts'
import { loadProject, type Project } from '../src/project/project.ts'
import { recordEntries } from '../src/simulator/recorder.ts'
import { type SimulationOptions, simulate } from '../src/simulator/simulate.ts'
import type { TranscriptEntry } from '../src/simulator/transcript.ts'
import type { InputEvent } from '../src/topology/topology.ts'

const root = fileURLToPath(new URL('../examples/', import.meta.url))
const names = readdirSync(root)

async function load(name: string) {
  const project = await loadProject(name, { cwd: root, stage: 'dev' })
  return { project, events: await eventsOf(project) }
}

async function eventsOf({ topology, dir }: Project, given?: string): Promise<readonly InputEvent[]> {
  const options: InputOptions = { given, topology, dir, cwd: dir, stdin: process.stdin, badLines: 'stop' }
  const { chunks } = await openInput(options)
  const events: InputEvent[] = []
  for await (const chunk of chunks) events.push(...chunk)
  return events
}

async function run(project: Project, events: readonly InputEvent[], options: Partial<SimulationOptions> = {}) {
  const entries: TranscriptEntry[] = []
  const { graph, processors } = project
  const recorder = recordEntries((entry) => entries.push(entry))
  const { summary } = await simulate({ graph, processors, input: [events], recorder, ...options })
  return { entries, summary, outputs: outputsOf(entries) }
}

/** What expected.json holds of each emit that nobody hears. */
function outputsOf(entries: readonly TranscriptEntry[]) {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'emit' || entry.to.length > 0) return []
    const { processor, topic, key, data } = entry
    return [{ processor, topic, ...(key !== undefined && { key }), data }]
  })
}

function digestOf(entries: readonly TranscriptEntry[]): string {
  const hash = createHash('sha256')
  for (const entry of entries) hash.update(`${JSON.stringify(entry)}\n`)
  return hash.digest('hex')
}

describe.each(names)('the example %s', (name) => {
  test('gives the summary and the outputs in its expected.json', async () => {
    const { project, events } = await load(name)
    expect(project.warnings).toEqual([])
    const { summary, outputs } = await run(project, events)
    expect({ summary, outputs }).toEqual(JSON.parse(readFileSync(`${root}${name}/expected.json`, 'utf8')))
  })

  test('gives one transcript in 100 runs', async () => {
    const { project, events } = await load(name)
    const digests = new Set<string>()
    for (let count = 0; count < 100; count++) digests.add(digestOf((await run(project, events)).entries))
    expect(digests.size).toBe(1)
  }, 60_000)

  test('has a README', () => {
    expect(existsSync(`${root}${name}/README.md`)).toBe(true)
  })
})
