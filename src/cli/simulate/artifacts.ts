import type { BuiltProcessors } from '../../bundle/built.ts'
import { modulesOf } from '../../project/handlers.ts'
import type { Project } from '../../project/project.ts'
import { cleanStack } from '../../project/stack.ts'
import { hasTelemetry } from '../../project/telemetry.ts'
import type { Host } from '../host.ts'
import { awaitCode, MODULES } from '../loading.ts'

/** Loads the processors of a project out of what a deploy would upload. */
export function loadArtifacts(project: Project, host: Host, temporaryFolder: () => string): Promise<BuiltProcessors> {
  const { file, dir, topology, graph } = project
  return awaitCode({ who: MODULES, file }, host, async () => {
    const { loadBuilt } = await import('../../bundle/built.ts')
    const modules = modulesOf(topology.processors, dir)
    const { env, cwd } = host
    const stackOf = (error: unknown) => cleanStack(error, cwd)
    const telemetry = hasTelemetry(dir)
    return loadBuilt(
      { file, topology, graph, modules, env, telemetry, temporaryFolder, stackOf, host: 'lambda' },
      globalThis.process,
    )
  })
}
