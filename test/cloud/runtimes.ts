import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
// @ts-expect-error A script, without types.
import { installRuntimes } from '../../.ci/ric.mjs'
import { functionVariables } from '../../src/bundle/variables.ts'
import { loadProject } from '../../src/project/project.ts'
import { artifactsOf, unpack } from '../bundle/bundled.ts'
import { type RunningFunction, startFunction } from './runtime-api.ts'

interface Runtimes {
  readonly missing?: string
  readonly client: string
  readonly nodes: Readonly<Record<string, string>>
}

const { missing, client, nodes = {} }: Runtimes = installRuntimes()
const why = missing === undefined ? '' : ` (skipped: AWS's runtime client cannot be built without ${missing})`

/** Describes what AWS's own runtime client runs, on the Node of each runtime; skipped where the client cannot be built. */
export function describeOnRuntimes(what: string, tests: (runtime: string, program: string) => void): void {
  describe.skipIf(missing !== undefined)(`${what}${why}`, () => {
    describe.each(Object.entries(nodes))('on %s', tests)
  })
}

/** Bundles a project, and runs a processor of it from its zip, with the environment of its function, until the test ends. */
export async function runProcessor(folder: string, processor: string, program: string): Promise<RunningFunction> {
  const { graph } = await loadProject(folder, { cwd: folder, stage: 'dev' })
  const artifact = (await artifactsOf(folder))[processor]!
  const task = join(folder, 'task')
  await unpack(artifact, task)
  const env = functionVariables(graph.processors.find(({ name }) => name === processor)!, {})
  const running = await startFunction({ program, client, folder: task, handler: artifact.handler, env })
  onTestFinished(() => running.close())
  return running
}
