import type { Place } from '../../aws/names.ts'
import { functionVariables } from '../../bundle/variables.ts'
import type { CloudAccount, CloudDeploy, CloudPolicy, Deploying, SignIn } from '../../deploy/cloud.ts'
import { AttakError, errorOf } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { type Aws, anyPlace, openAwsResources } from './open.ts'
import { deployerPolicy, processorPolicies } from './policies.ts'
import { checkOwnRoles, preflight } from './preflight.ts'
import { explain, signInToAws } from './sign-in.ts'
import { openStage } from './stage.ts'
import { readStages } from './stages.ts'
import { wantedResources } from './wanted.ts'

/** Signs in to AWS. */
export async function openAccount(signIn: SignIn): Promise<CloudAccount> {
  const { settings } = signIn
  const aws = await signInToAws(signIn)
  const { region, account } = aws.place
  return {
    place: `${region} of account ${account}`,
    facts: { ...aws.place },
    stages: () => readStages(aws),
    openStage: (stage, graph) => openStage(aws, stage, graph),
    openDeploy: (deploying) => openDeploy(aws, deploying, settings.role.value),
    explain: (error) => explain(error, settings),
    close: aws.close,
  }
}

function openDeploy(aws: Aws, deploying: Deploying, role: string | undefined): CloudDeploy {
  const { graph, artifacts, env, startedAtMs } = deploying
  const wanted = wantedResources(graph, { place: aws.place, env, ...(role !== undefined && { role }) }, artifacts)
  const refused = checkOwnRoles(wanted)
  if (refused.length > 0) throw errorOf(refused)
  const byHash = new Map([...artifacts.values()].map((artifact) => [artifact.hash, artifact]))
  const processors = new Map(graph.processors.map((processor) => [processor.name, processor]))
  const resources = openAwsResources(aws, {
    scope: { topology: graph.name, stage: graph.stage },
    startedAtMs,
    artifact: (hash) => byHash.get(hash)!,
    variables: (name) => functionVariables(processors.get(name)!, env),
  })
  return { resources, wanted, preflight: (changes) => preflight(aws, graph, changes) }
}

/** Returns a policy for the account that the settings mean, or for any account where nobody can sign in. */
export async function policyFor(signIn: SignIn, graph: Graph, processor: string | undefined): Promise<CloudPolicy> {
  const { place, note } = await placeFor(signIn)
  const policy =
    processor === undefined
      ? deployerPolicy(graph, place, signIn.settings.role.value)
      : processorPolicies(graph, place)[processor]!
  return { policy, ...(note !== undefined && { note }) }
}

/** Who grants permissions need not have any. */
async function placeFor(signIn: SignIn): Promise<{ readonly place: Place; readonly note?: string }> {
  try {
    const { place, close } = await signInToAws(signIn)
    close()
    return { place }
  } catch (error) {
    if (!(error instanceof AttakError && UNKNOWN.has(error.code))) throw error
    const { region, profile } = signIn.settings
    const place = await anyPlace(region.value, profile.value)
    const where = place.region === '*' ? 'any region of any account' : `region ${place.region} of any account`
    return { place, note: `For ${where}: ${error.message}.` }
  }
}

const UNKNOWN: ReadonlySet<string> = new Set([
  ...['CREDENTIALS_MISSING', 'CREDENTIALS_EXPIRED', 'CREDENTIALS_REFUSED', 'REGION_MISSING', 'AWS_UNREACHABLE'],
])
