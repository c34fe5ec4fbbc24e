import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, unpack } from './bundled.ts'
import { type Language, randomProject } from './random-projects.ts'

const ATTAK = resolve('bin/attak.js')

/** Each batch is one topology of so many projects. */
const BATCH = 10
const BATCHES = Number(process.env.ATTAK_TEST_PROJECTS ?? 2 * BATCH) / BATCH
const FIRST = Number(process.env.ATTAK_TEST_SEED ?? 1)

/** Writes the projects of some seeds into a folder, as processors of one topology. */
function writeProjects(seeds: readonly number[], language: Language): string {
  const projects = seeds.map((seed) => randomProject(seed, `p${seed}`, language))
  const processors = Object.fromEntries(seeds.map((seed, index) => [`p${seed}`, projects[index]!.handler]))
  const topology = { 'topology.json': JSON.stringify({ name: 'random', processors }) }
  const folder = projectFolder(Object.assign(topology, ...projects.map(({ files }) => files)))
  for (const [path, target] of projects.flatMap(({ links }) => Object.entries(links))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(target, join(folder, path))
  }
  return folder
}

/** What processors emit for an event, by their names. */
type Emits = Readonly<Record<string, readonly unknown[]>>

function simulated(folder: string, seeds: readonly number[], ...flags: string[]): Emits {
  const input = seeds.map((seed) => `{ "to": "p${seed}", "event": "event" }\n`).join('')
  writeFileSync(join(folder, 'events.jsonl'), input)
  const argv = [ATTAK, 'simulate', folder, '--json', '--input', join(folder, 'events.jsonl'), ...flags]
  const lines = execFileSync(process.execPath, argv, { encoding: 'utf8' }).split('\n')
  const emits = lines.flatMap((line) => {
    const { kind, processor, data, outcome, error } = line === '' ? ({} as Record<string, unknown>) : JSON.parse(line)
    if (kind === 'end' && outcome !== 'ok') return [[processor, error]]
    return kind === 'emit' ? [[processor, data]] : []
  })
  return grouped(emits)
}

async function deployed(folder: string, seeds: readonly number[]): Promise<Emits> {
  const task = projectFolder({})
  const artifacts = await artifactsOf(folder)
  for (const seed of seeds) await unpack(artifacts[`p${seed}`]!, join(task, `p${seed}`))
  const script = `for (const name of process.argv.slice(1)) {
    const { load } = await import('./' + name + '/index.mjs')
    const { handler, self } = await load(name)
    await handler.call(self, 'event', { emit: async (_topic, data) => console.log(JSON.stringify([name, data])) })
  }`
  const argv = ['--input-type=module', '--eval', script, ...seeds.map((seed) => `p${seed}`)]
  const printed = execFileSync(process.execPath, argv, { cwd: task, encoding: 'utf8', env: {} })
  return grouped(printed.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])))
}

function grouped(emits: readonly (readonly unknown[])[]): Emits {
  const names = [...new Set(emits.map(([name]) => String(name)))]
  return Object.fromEntries(names.map((one) => [one, emits.flatMap(([name, data]) => (name === one ? [data] : []))]))
}

test.each(Array.from({ length: BATCHES }, (_, batch) => FIRST + batch * BATCH))(
  'random projects from seed %i do the same from source, built and deployed',
  async (first) => {
    const seeds = Array.from({ length: BATCH }, (_, index) => first + index)
    const folder = writeProjects(seeds, ((first - FIRST) / BATCH) % 2 === 0 ? 'javascript' : 'typescript')
    const source = simulated(folder, seeds)
    expect(Object.keys(source).sort()).toEqual(seeds.map((seed) => `p${seed}`).sort())
    expect(simulated(folder, seeds, '--built')).toEqual(source)
    expect(await deployed(folder, seeds)).toEqual(source)
  },
)
