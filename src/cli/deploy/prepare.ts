import type { Artifact } from '../../bundle/artifact.ts'
import { bundleProject } from '../../bundle/bundle.ts'
import { checkVariables, functionVariables } from '../../bundle/variables.ts'
import type { Aws } from '../../clouds/aws/open.ts'
import { type Deployment, prepareDeploy } from '../../deploy/deploy.ts'
import type { IdleCost } from '../../deploy/resources.ts'
import { errorOf, type Problem } from '../../errors.ts'
import type { Resource } from '../../graph/resource.ts'
import { modulesOf } from '../../project/handlers.ts'
import { hasTelemetry } from '../../project/telemetry.ts'
import { type Arguments, flagOf } from '../command.ts'
import type { Host } from '../host.ts'
import { sleep } from '../host.ts'
import { warn } from '../project.ts'
import type { MeantStage } from './stage.ts'

/** A deployment that is ready to be shown and applied. */
export interface Prepared {
  readonly deployment: Deployment
  readonly wanted: readonly Resource[]
  readonly costs: readonly IdleCost[]
  /** What functions run, by processor; several may share one. */
  readonly artifacts: ReadonlyMap<string, Artifact>
  /** What the account does not allow. With any of them the plan is not applied. */
  readonly obstacles: readonly Problem[]
}

/**
 * Bundles a project, looks at what is live and plans. Makes nothing. Throws all that is wrong with the bundles and the
 * variables that functions are to have, and with their roles.
 */
export async function prepareStage(
  { project, settings, scope }: MeantStage,
  aws: Aws,
  args: Arguments,
  host: Host,
): Promise<Prepared> {
  const { openAwsResources } = await import('../../clouds/aws/open.ts')
  const { checkOwnRoles, preflight } = await import('../../clouds/aws/preflight.ts')
  const { wantedResources } = await import('../../clouds/aws/wanted.ts')
  const { graph, topology, file, dir } = project
  const modules = modulesOf(topology.processors, dir)
  const telemetry = hasTelemetry(dir)
  const bundled = await bundleProject({
    ...{ file, topology, graph, modules, env: host.env, telemetry },
    temporaryFolder: host.temporaryFolder,
  })
  const { artifacts } = bundled
  const problems = [...checkVariables(graph, host.env), ...bundled.problems]
  if (problems.some(({ severity }) => severity === 'error')) throw errorOf(problems)
  warn([...project.warnings, ...problems], host)
  const role = settings.role.value
  const wanted = wantedResources(
    graph,
    { place: aws.place, env: host.env, ...(role !== undefined && { role }) },
    artifacts,
  )
  const refused = checkOwnRoles(wanted)
  if (refused.length > 0) throw errorOf(refused)
  const byHash = new Map([...artifacts.values()].map((artifact) => [artifact.hash, artifact]))
  const processorOf = (name: string) => graph.processors.find((processor) => processor.name === name)!
  const cloud = openAwsResources(aws, {
    scope,
    startedAtMs: host.date(),
    artifact: (hash) => byHash.get(hash)!,
    variables: (name) => functionVariables(processorOf(name), host.env),
  })
  const deployment = await prepareDeploy(cloud, {
    wanted,
    refresh: flagOf(args, 'refresh'),
    allowDataLoss: flagOf(args, 'allowDataLoss'),
    now: host.now,
    sleep,
  })
  const obstacles = await preflight(aws, graph, deployment.plan.changes)
  const left = await cloud.describe(deployment.plan.kept.map(({ live }) => live))
  return { deployment, wanted, costs: cloud.costs(wanted, left), artifacts, obstacles }
}
