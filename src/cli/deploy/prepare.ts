import type { Artifact } from '../../bundle/artifact.ts'
import { bundleProject } from '../../bundle/bundle.ts'
import { checkVariables } from '../../bundle/variables.ts'
import type { CloudAccount } from '../../deploy/cloud.ts'
import { type Deployment, prepareDeploy } from '../../deploy/deploy.ts'
import type { IdleCost } from '../../deploy/resources.ts'
import { errorOf, type Problem } from '../../errors.ts'
import { undeployedSources } from '../../graph/check.ts'
import type { Resource } from '../../graph/resource.ts'
import { modulesOf } from '../../project/handlers.ts'
import { hasTelemetry } from '../../project/telemetry.ts'
import { type Arguments, flagOf } from '../command.ts'
import { type Host, sleep } from '../host.ts'
import { warn } from '../project.ts'
import { drawPlace, type MeantStage } from '../stage.ts'

/** A deployment that is ready to be shown and applied. */
export interface Prepared {
  /** The place of the deploy: `hello (dev) in eu-west-1 of account 123456789012`. */
  readonly place: string
  /** The same for programs. */
  readonly facts: CloudAccount['facts']
  readonly deployment: Deployment
  readonly wanted: readonly Resource[]
  readonly costs: readonly IdleCost[]
  /** The code of functions, by processor; several may share one. */
  readonly artifacts: ReadonlyMap<string, Artifact>
  /** What the account does not allow. If there is any, the plan is not applied. */
  readonly obstacles: readonly Problem[]
}

/**
 * Bundles a project, reads the live resources, and makes a plan. Changes nothing. Throws all problems of the bundles,
 * of the functions' variables, and of their roles.
 */
export async function prepareStage(
  stage: MeantStage,
  account: CloudAccount,
  args: Arguments,
  host: Host,
): Promise<Prepared> {
  const { project } = stage
  const { graph, topology, file, dir } = project
  const modules = modulesOf(topology.processors, dir)
  const telemetry = hasTelemetry(dir)
  const bundled = await bundleProject({
    ...{ file, topology, graph, modules, env: host.env, telemetry, host: 'lambda' },
    temporaryFolder: host.temporaryFolder,
  })
  const { artifacts } = bundled
  const problems = [...undeployedSources(graph), ...checkVariables(graph, host.env), ...bundled.problems]
  if (problems.some(({ severity }) => severity === 'error')) throw errorOf(problems)
  warn([...project.warnings, ...problems], host)
  const deploy = account.openDeploy({ graph, artifacts, env: host.env, startedAtMs: host.date() })
  const { resources, wanted } = deploy
  const deployment = await prepareDeploy(resources, {
    wanted,
    refresh: flagOf(args, 'refresh'),
    allowDataLoss: flagOf(args, 'allowDataLoss'),
    now: host.now,
    sleep,
  })
  const obstacles = await deploy.preflight(deployment.plan.changes)
  const left = await resources.describe(deployment.plan.kept.map(({ live }) => live))
  const costs = resources.costs(wanted, left)
  return { place: drawPlace(stage, account), facts: account.facts, deployment, wanted, costs, artifacts, obstacles }
}
