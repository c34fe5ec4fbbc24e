import { InvokeCommand, type InvokeCommandOutput } from '@aws-sdk/client-lambda'
import { functionName, type Place } from '../../aws/names.ts'
import { functionVariables } from '../../bundle/variables.ts'
import type {
  CloudAccount,
  CloudDeploy,
  CloudPolicy,
  CloudStage,
  Deploying,
  SignIn,
  StageName,
} from '../../deploy/cloud.ts'
import { AttakError, errorOf } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { textOf } from './answers.ts'
import { hasFifoQueue } from './channels.ts'
import { openErrors } from './errors/open.ts'
import { CHECK_PROXY, isAbsent, mended, mendedCall, mending, quoted } from './failure.ts'
import type { Account } from './kind.ts'
import { type LiveGraph, liveGraphOf } from './live-graph.ts'
import { readLogLines } from './log-lines.ts'
import { type Aws, anyPlace, openAwsResources } from './open.ts'
import { deployerPolicy, processorPolicies } from './policies.ts'
import { checkOwnRoles, preflight } from './preflight.ts'
import { readPosition } from './read-back.ts'
import { explain, signInToAws } from './sign-in.ts'
import { readStages } from './stages.ts'
import { readLiveStatus, readStatus } from './status.ts'
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
    explain: (error) => explain(mendedCall(error, region), settings),
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

/** Returns a policy for the account of the settings, or for any account if signing in is not possible. */
export async function policyFor(signIn: SignIn, graph: Graph, processor: string | undefined): Promise<CloudPolicy> {
  const { place, note } = await placeFor(signIn)
  const policy =
    processor === undefined
      ? deployerPolicy(graph, place, signIn.settings.role.value)
      : processorPolicies(graph, place)[processor]!
  return { policy, ...(note !== undefined && { note }) }
}

/** The person who grants permissions need not have any. */
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

/**
 * What an asynchronous invocation takes, in bytes of its payload.
 * Source: Lambda quotas, invocation payload, asynchronous, read 2026-11-21.
 */
const MOST_INVOKE_BYTES = 1024 * 1024

/**
 * Opens a stage for commands that make no resources. Without its graph, the contents follow from the names of live
 * resources.
 */
export function openStage(aws: Aws, scope: StageName, graph: Graph | undefined): CloudStage {
  const { place, clients } = aws
  const account = { scope, place, clients }
  const resources = openAwsResources(aws, { scope })
  const known = () => (graph === undefined ? [] : resourcesOf(graph, aws))
  let found: Promise<LiveGraph> | undefined
  const live = () => {
    if (graph !== undefined) return Promise.resolve({ graph, fifo: hasFifoQueue(graph) })
    found ??= resources.list('thorough').then((listed) => liveGraphOf(scope, listed))
    return found
  }
  return {
    resources,
    known,
    processors: async () => (await live()).graph.processors.map(({ name }) => name),
    status: () => (graph === undefined ? readLiveStatus(resources) : readStatus(known(), resources)),
    logs: (query) => mending({ doing: 'read the logs', region: place.region }, () => readLogLines(account, query)),
    mostSendBytes: MOST_INVOKE_BYTES,
    send: (processor, payload) => invokeLater(account, processor, payload),
    errors: async (seen) => openErrors(account, { ...(await live()), known: seen }),
    readBack: (position, processor) =>
      mending({ doing: `read the events of "${processor}" back`, region: place.region }, async () =>
        readPosition(account, { graph: (await live()).graph, processor }, position),
      ),
  }
}

/** Returns the resources of a deploy, without code. */
function resourcesOf(graph: Graph, { place }: Aws) {
  const artifacts = new Map(graph.processors.map(({ name }) => [name, { hash: '', handler: '' }]))
  return wantedResources(graph, { place, env: {} }, artifacts)
}

async function invokeLater(
  { clients, scope, place }: Pick<Account, 'clients' | 'scope' | 'place'>,
  to: string,
  Payload: string,
): Promise<void> {
  try {
    const command = { FunctionName: functionName(scope, to), InvocationType: 'Event', Payload } as const
    const answer = await clients.invocations.send(new InvokeCommand(command))
    if (answer.StatusCode !== ACCEPTED || answer.FunctionError !== undefined) throw notAccepted(to, answer)
  } catch (error) {
    if (isAbsent(error)) throw notDeployed(to, scope.stage, error)
    throw mended(error, { doing: `trigger "${to}"`, region: place.region })
  }
}

/** Lambda answers an asynchronous invocation with this status alone. Source: Lambda API reference, Invoke, read 2026-11-28. */
const ACCEPTED = 202

function notAccepted(to: string, { StatusCode, FunctionError, Payload }: InvokeCommandOutput): AttakError {
  const failed = FunctionError === undefined ? '' : `, the function error ${JSON.stringify(FunctionError)}`
  const told = `status ${StatusCode} instead of ${ACCEPTED}${failed} and the text ${quoted(textOf(Payload))}`
  return new AttakError(
    'AWS_REFUSED',
    `could not trigger "${to}": the answer to Lambda Invoke has ${told}`,
    CHECK_PROXY,
  )
}

function notDeployed(to: string, stage: string, cause: unknown): AttakError {
  const remedy = 'Deploy it first: attak deploy. If it was just deployed, look at attak status.'
  return new AttakError('NOT_DEPLOYED', `"${to}" is not deployed to stage "${stage}"`, remedy, { cause })
}
