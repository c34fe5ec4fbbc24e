import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, type Files, runBeside } from './bundled.ts'

const ATTAK = resolve('bin/attak.js')

/** What a processor emitted for one event: from its source, as `attak simulate` runs it, and from its artifact. */
export interface Emitted {
  readonly source: readonly unknown[]
  /** By `attak simulate --built`. */
  readonly built: readonly unknown[]
  readonly artifact: readonly unknown[]
}

/**
 * Runs processor `a` of a project with the event `"event"`: simulated, and then out of its artifact, which is unpacked
 * elsewhere. Both run in their own processes.
 */
export async function emittedBy(files: Files): Promise<Emitted> {
  const topology = '{ "name": "same", "processors": { "a": "./a.mjs" } }'
  const named = Object.keys(files).some((name) => name.startsWith('topology.'))
  const folder = projectFolder(named ? files : { 'topology.json': topology, ...files })
  const [source, built] = [simulate(folder), simulate(folder, '--built')]
  const { a } = await artifactsOf(folder)
  const script = `const { load } = await import('./index.mjs')
    const { handler, self } = await load('a')
    await new Promise((done, failed) => {
      const emit = async (_topic, data) => console.log(JSON.stringify(data) ?? 'null')
      const given = handler.call(self, 'event', { emit }, (error) => (error ? failed(error) : done()))
      if (typeof given?.then === 'function') given.then(done, failed)
      else if (handler.length < 3) done()
    })`
  const artifact = await runBeside(a!, join(projectFolder({}), 'task'), script)
  return { source, built, artifact: valuesOf(artifact) }
}

function simulate(folder: string, ...flags: string[]): unknown[] {
  const argv = [ATTAK, 'simulate', folder, '--json', '--input', '-', '--to', 'a', ...flags]
  const printed = execFileSync(process.execPath, argv, { input: '"event"\n', encoding: 'utf8' })
  return valuesOf(printed).flatMap((entry) => {
    const { kind, data } = entry as { readonly kind: string; readonly data?: unknown }
    return kind === 'emit' ? [data] : []
  })
}

function valuesOf(printed: string): unknown[] {
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
