import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { ListRolesCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { DescribeLimitsCommand, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { GetAccountSettingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { checkVariables } from '../../bundle/variables.ts'
import type { CloudSettings, Finding, SignIn, StageName } from '../../deploy/cloud.ts'
import { AttakError } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Errors } from '../../topology/recording.ts'
import { isStrange } from './calls.ts'
import { isQueued } from './channels.ts'
import { mended } from './failure.ts'
import { graphOfLive } from './live-graph.ts'
import type { Aws } from './open.ts'
import { deployerPolicy } from './policies.ts'
import { checkErrorStore } from './preflight.ts'
import { explain, requireProfile, signInToAws } from './sign-in.ts'

/**
 * Checks all that a deploy needs: the settings, the variables of functions, whose the credentials are, and what the account
 * allows. Without a graph, only what every topology needs.
 */
export async function diagnose(
  signIn: SignIn,
  stage: StageName,
  graph: Graph | undefined,
): Promise<readonly Finding[]> {
  const { settings, env } = signIn
  const missing = await missingProfile(signIn)
  return [
    ...settingsOf(settings, missing),
    ...(graph === undefined ? [] : variablesOf(graph, env)),
    ...(missing === undefined ? await examineAccount(signIn, graph ?? graphOfLive(stage, [])) : regionOf(settings)),
  ]
}

/** Explains why the given profile is invalid; undefined if it is valid, or none was given. */
async function missingProfile({ settings, env }: SignIn): Promise<AttakError | undefined> {
  if (settings.profile.value === undefined) return undefined
  try {
    await requireProfile(settings.profile.value, env)
    return undefined
  } catch (error) {
    if (error instanceof AttakError) return error
    throw error
  }
}

/** Without its profile an account cannot be asked; that no region is set either shows all the same. */
function regionOf({ region }: CloudSettings): readonly Finding[] {
  if (region.value !== undefined) return []
  const remedy = 'Set AWS_REGION, for example to eu-west-1, or pass --region.'
  return [{ about: 'region', state: 'wrong', what: 'no AWS region is set', remedy }]
}

/** Lists the settings and where each is set: many mistakes are values from an unexpected place. */
function settingsOf(settings: CloudSettings, missing: AttakError | undefined): readonly Finding[] {
  const { region, profile, endpoint, role } = settings
  return Object.entries({ region, profile, endpoint, role }).flatMap(
    ([about, { value, origin }]): readonly Finding[] => {
      if (value === undefined) return []
      if (about === 'profile' && missing !== undefined)
        return [{ about, state: 'wrong', what: missing.message, remedy: missing.remedy }]
      return [{ about, state: 'fine', what: `${value} (from ${origin})` }]
    },
  )
}

/** Whether the variables are set that functions are to have. */
function variablesOf(graph: Graph, env: SignIn['env']): readonly Finding[] {
  const problems = checkVariables(graph, env)
  const named = graph.processors.some(({ environment }) => Object.keys(environment).length > 0)
  if (named && problems.length === 0)
    return [{ about: 'variables', state: 'fine', what: 'all declared variables are set' }]
  return problems.map(({ where, what, remedy }) => ({
    ...{ about: 'variables', state: 'wrong', what: `${where}: ${what}`, remedy },
  }))
}

async function examineAccount(signIn: SignIn, graph: Graph): Promise<readonly Finding[]> {
  const { settings } = signIn
  let aws: Aws | undefined
  try {
    aws = await signInToAws(signIn)
    const credentials: Finding = credentialsOf(aws)
    const region: Finding = { about: 'region', state: 'fine', what: aws.place.region }
    const known = settings.region.value === undefined ? [region, credentials] : [credentials]
    return [...known, ...(await examine(aws, graph))]
  } catch (error) {
    const told = aws === undefined ? error : explain(error, settings)
    if (!(told instanceof AttakError)) throw told
    const others = told.code === 'REGION_MISSING' ? await examineCredentials(signIn) : []
    return [findingOf(told), ...others]
  } finally {
    aws?.close()
  }
}

/** Finds whose credentials these are when no region is set, in a region that every AWS account has. */
async function examineCredentials(signIn: SignIn): Promise<readonly Finding[]> {
  const region = { ...signIn.settings.region, value: 'us-east-1' }
  try {
    const aws = await signInToAws({ ...signIn, settings: { ...signIn.settings, region } })
    aws.close()
    return [credentialsOf(aws)]
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    // Any other error may depend on the region: accounts in China are separate.
    return error.code === 'CREDENTIALS_MISSING' ? [findingOf(error)] : []
  }
}

function credentialsOf({ identity, place }: Aws): Finding {
  return { about: 'credentials', state: 'fine', what: `${identity}, of account ${place.account}` }
}

function findingOf({ code, message, remedy }: AttakError): Finding {
  return { about: ABOUT[code] ?? 'aws', state: 'wrong', what: message, remedy }
}

const ABOUT: Readonly<Record<string, string>> = {
  REGION_MISSING: 'region',
  CREDENTIALS_MISSING: 'credentials',
  CREDENTIALS_EXPIRED: 'credentials',
  CREDENTIALS_REFUSED: 'credentials',
  AWS_UNREACHABLE: 'endpoint',
}

/**
 * Checks whether a graph can be deployed to an account: whether each service answers, whether the deployer has the
 * permissions, and whether quotas have room. Reads only.
 */
async function examine(aws: Aws, graph: Graph): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    ...Object.entries(READS).map(([about, read]) => tried(aws, about, () => read(aws))),
    ...errorStoreOf(aws, graph),
    permissionsOf(aws, graph),
    tried(aws, 'stream quota', () => streamRoom(aws, graph)),
    tried(aws, 'concurrency', () => concurrencyRoom(aws, graph)),
  ])
  return findings
}

type Found = Omit<Finding, 'about'>

const ANSWERS: Found = { state: 'fine', what: 'answers' }

const READS: Readonly<Record<string, (aws: Aws) => Promise<Found>>> = {
  lambda: async ({ clients }) => answered(clients.lambda.send(new ListFunctionsCommand({ MaxItems: 1 }))),
  kinesis: async ({ clients }) => answered(clients.kinesis.send(new ListStreamsCommand({ Limit: 1 }))),
  sqs: async ({ clients }) => answered(clients.sqs.send(new ListQueuesCommand({ MaxResults: 1 }))),
  iam: async ({ clients }) => answered(clients.iam.send(new ListRolesCommand({ MaxItems: 1 }))),
  logs: async ({ clients }) => answered(clients.logs.send(new DescribeLogGroupsCommand({ limit: 1 }))),
  tagging: async ({ clients }) => answered(clients.tagging.send(new GetResourcesCommand({ ResourcesPerPage: 1 }))),
}

/** Checks further services: DynamoDB if a topology uses tables, and the queue or bucket for errors that it names. */
function errorStoreOf(aws: Aws, { errors, processors }: Graph): readonly Promise<Finding>[] {
  const tables = errors.store === 'dynamodb' || processors.some(({ idempotent, state }) => idempotent || state)
  const named = errors.store === 's3' || (errors.store === 'sqs' && errors.queue !== undefined)
  const asked = tables ? [tried(aws, 'dynamodb', () => answeredBy(aws))] : []
  return named ? [...asked, tried(aws, 'errors', () => foundStore(aws, errors))] : asked
}

async function answeredBy({ clients }: Aws): Promise<Found> {
  const { ListTablesCommand } = await import('./dynamodb-sdk.ts')
  return answered((await clients.dynamodb()).send(new ListTablesCommand({ Limit: 1 })))
}

async function foundStore(aws: Aws, errors: Errors): Promise<Found> {
  const [problem] = await checkErrorStore(aws, errors)
  if (problem !== undefined) return { state: 'wrong', what: problem.what, remedy: problem.remedy }
  const what = errors.store === 's3' ? `the bucket ${errors.bucket}` : 'the queue that errors names'
  return { state: 'fine', what: `${what} is there` }
}

async function answered(call: Promise<unknown>): Promise<Found> {
  await call
  return ANSWERS
}

async function tried(aws: Aws, about: string, read: () => Promise<Found>): Promise<Finding> {
  try {
    return { about, ...(await read()) }
  } catch (error) {
    const told = mended(error, { doing: `ask ${about}`, region: aws.place.region })
    if (!(told instanceof AttakError)) throw error
    // An emulator need not have all of it; plans then list by name. What it has must answer as AWS does.
    if (aws.emulated && !(isStrange(error) && isAnswered(error)))
      return { about, state: 'unknown', what: `not known behind this endpoint: ${told.message}` }
    return { about, state: 'wrong', what: told.message, remedy: told.remedy }
  }
}

/** Whether an error is of an answer that says that all went well. */
function isAnswered(error: Error): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
  return ($metadata?.httpStatusCode ?? 0) < 300
}

/** Asks IAM, if allowed, whether the deployer's policies allow a deploy. */
async function permissionsOf(aws: Aws, graph: Graph): Promise<Finding> {
  const about = 'permissions'
  const principal = principalOf(aws.identity)
  if (aws.emulated) return { about, state: 'unknown', what: 'not checked behind an endpoint' }
  if (principal === undefined) return { about, state: 'fine', what: 'these are the credentials of the account itself' }
  const missing: string[] = []
  try {
    for (const { Action, Resource } of deployerPolicy(graph, aws.place).Statement) {
      const command = { PolicySourceArn: principal, ActionNames: [...Action], ResourceArns: [...Resource] }
      const { EvaluationResults = [] } = await aws.clients.iam.send(new SimulatePrincipalPolicyCommand(command))
      for (const { EvalActionName, EvalDecision } of EvaluationResults)
        if (EvalDecision !== 'allowed' && EvalActionName !== undefined) missing.push(EvalActionName)
    }
  } catch (error) {
    const told = mended(error, { doing: 'ask IAM what the deployer may do', region: aws.place.region })
    if (!(told instanceof AttakError)) throw error
    const remedy = 'To have it checked, grant iam:SimulatePrincipalPolicy; attak policy prints what deploying needs.'
    return { about, state: 'unknown', what: told.message, remedy }
  }
  if (missing.length === 0) return { about, state: 'fine', what: 'all that a deploy needs' }
  const what = `missing: ${[...new Set(missing)].join(', ')}`
  return { about, state: 'wrong', what, remedy: 'Grant them: attak policy prints the whole policy.' }
}

/** Returns the user or role of the caller; undefined for an account's root. */
function principalOf(identity: string): string | undefined {
  if (identity.endsWith(':root')) return undefined
  const session = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(identity)
  return session === null ? identity : `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`
}

async function streamRoom({ clients }: Aws, graph: Graph): Promise<Found> {
  const limits = await clients.kinesis.send(new DescribeLimitsCommand({}))
  const wanted = graph.channels.filter((channel) => !isQueued(channel) && channel.settings.shards === undefined).length
  const { OnDemandStreamCount = 0, OnDemandStreamCountLimit = 50 } = limits
  const what = `${OnDemandStreamCount} of ${OnDemandStreamCountLimit} on-demand streams are in use; this topology has ${wanted}`
  // Those of a stage that is live already are among them.
  if (wanted <= OnDemandStreamCountLimit - OnDemandStreamCount || wanted <= OnDemandStreamCount) {
    return { state: 'fine', what }
  }
  const remedy = 'Set shards or via: "sqs" on streams, let some share a stream, or ask AWS for more in Service Quotas.'
  return { state: 'wrong', what, remedy }
}

async function concurrencyRoom({ clients }: Aws, graph: Graph): Promise<Found> {
  const { AccountLimit } = await clients.lambda.send(new GetAccountSettingsCommand({}))
  const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {}
  const reserved = graph.processors.reduce((sum, { concurrency = 0 }) => sum + concurrency, 0)
  const what = `${ConcurrentExecutions} functions can run at once, ${UnreservedConcurrentExecutions} of them unreserved; this topology reserves ${reserved}`
  // Lambda reserves 100 for all functions without reserved concurrency. Source: Lambda guide,
  // configuration-concurrency, read 2026-11-21.
  if (reserved === 0 || UnreservedConcurrentExecutions - reserved >= 100) return { state: 'fine', what }
  return { state: 'unknown', what, remedy: 'Lambda keeps 100 unreserved: lower concurrency, or ask AWS for more.' }
}
