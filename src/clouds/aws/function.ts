import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionRecursionConfigCommand,
  type LambdaClient,
  ListFunctionsCommand,
  ListTagsCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionRecursionConfigCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { functionArn, NAME_LIMITS } from '../../aws/names.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { ARTIFACT_VARIABLE } from '../../bundle/artifact.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { LiveResource, Resource } from '../../graph/resource.ts'
import { unlessAbsent, unlessUnknown } from './failure.ts'
import { codeOf, type FunctionConfig, hashedEnvironment, settingsOf, undone, untouched } from './function-config.ts'
import { type Account, changes, type Kind, kindOf, type Pairs, type Status, statusOf, type Writing } from './kind.ts'
import { requireRole } from './role.ts'
import { type Seen, TAGS, type Tags, tagPair, tagsOf } from './tags.ts'
import { poll, retry } from './waits.ts'

/** As in the SDK's waiters: a second between tries, five minutes in total. A function in a VPC takes longest. */
const READY = { firstMs: 250, maxMs: 1_000, withinMs: 300_000 }
/**
 * How long Lambda keeps an asynchronous call by default. Source: Lambda API reference, PutFunctionEventInvokeConfig,
 * read 2026-11-28.
 */
const MOST_EVENT_AGE_S = 21_600
/** A role takes seconds to be known everywhere, rarely more than a minute. */
const IAM = { firstMs: 1_000, maxMs: 5_000, withinMs: 120_000 }

/** Lambda functions, with the settings that have separate calls: asynchronous calls, loops, concurrency. */
export function functions(account: Account): Kind {
  const { scope, place, clients } = account
  const { lambda } = clients
  const see = (name: string) => lambdaSeen(lambda, functionArn(place, name), name)
  return kindOf(scope, {
    ...lambdaTagging(lambda, ({ resource }) => functionArn(place, resource.name)),
    find: ({ name }) => see(name),
    async list() {
      const prefix = prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)
      const all = await pagesOf(async (Marker) => {
        const page = await lambda.send(new ListFunctionsCommand({ Marker, MaxItems: 50 }))
        return { items: page.Functions, next: page.NextMarker }
      })
      const ours = all.map(({ FunctionName = '' }) => FunctionName).filter((name) => name.startsWith(prefix))
      return gather(ours, see)
    },
    compare: (resource) => compare(account, resource),
    status: ({ name }) => status(lambda, name),
    create: ({ resource }) => create(account, resource),
    async update(writing) {
      if (writing.live !== undefined) await update(account, writing)
      await besides(account, writing)
    },
    ownTags(writing) {
      const { code } = writing.resource.config as FunctionConfig
      return uploads(writing) ? { [TAGS.code]: account.artifact(code).zipHash } : {}
    },
    async remove({ name }) {
      await lambda.send(new DeleteFunctionCommand({ FunctionName: name }))
      return true
    },
    pace: READY,
    trustsListing: true,
  })
}

async function compare({ scope, clients: { lambda }, emulated, artifact }: Account, resource: Resource) {
  const FunctionName = resource.name
  const answer = await unlessAbsent(lambda.send(new GetFunctionCommand({ FunctionName })))
  if (answer === undefined) return undefined
  const invoking = await unlessAbsent(lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })))
  const asked = lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }))
  const loops = await unlessUnknown(asked, emulated)
  const config = resource.config as FunctionConfig
  const { Configuration: live, Tags = {} } = answer
  const wanted = settingsOf(config, {})
  const pairs: Pairs = {
    code: [Tags[TAGS.code] ?? artifact(config.code).zipHash, live?.CodeSha256],
    architecture: [codeOf(config).Architectures, live?.Architectures],
    runtime: [wanted.Runtime, live?.Runtime],
    handler: [wanted.Handler, live?.Handler],
    memory: [wanted.MemorySize, live?.MemorySize],
    timeout: [wanted.Timeout, live?.Timeout],
    role: [wanted.Role, live?.Role],
    environment: [config.environment, hashedEnvironment(live?.Environment?.Variables ?? {}, resource.name)],
    vpc: [
      [sorted(config.vpc?.subnets), sorted(config.vpc?.securityGroups)],
      [sorted(live?.VpcConfig?.SubnetIds), sorted(live?.VpcConfig?.SecurityGroupIds)],
    ],
    artifact: [config.code, live?.Environment?.Variables?.[ARTIFACT_VARIABLE]],
    ...untouched(live),
    asynchronousRetries: [0, invoking?.MaximumRetryAttempts],
    eventAgeSeconds: [MOST_EVENT_AGE_S, invoking?.MaximumEventAgeInSeconds ?? MOST_EVENT_AGE_S],
    onSuccess: [undefined, invoking?.DestinationConfig?.OnSuccess?.Destination],
    tags: tagPair(scope, resource, Tags),
    concurrency: [config.concurrency, answer.Concurrency?.ReservedConcurrentExecutions],
    onFailure: [config.onFailure, invoking?.DestinationConfig?.OnFailure?.Destination],
    loops: [config.loops, loops?.RecursiveLoop === 'Allow'],
  }
  return pairs
}

async function status(lambda: LambdaClient, FunctionName: string): Promise<Status> {
  const now = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const { State = '', LastUpdateStatus: lastUpdate, StateReason: reason, LastModified: lastModified } = now
  const details = { runtime: now.Runtime, memoryMb: now.MemorySize, codeBytes: now.CodeSize, lastModified }
  const isFine = /^(?:Active|Inactive)$/.test(State) && lastUpdate !== 'Failed'
  return statusOf(now.State, isFine, { ...details, reason, lastUpdate })
}

async function create(account: Account, resource: Resource): Promise<'bare' | 'unsure'> {
  const { lambda } = account.clients
  const config = resource.config as FunctionConfig
  const ZipFile = await account.artifact(config.code).zip()
  const input = {
    FunctionName: resource.name,
    ...settingsOf(config, account.environment(resource.processor ?? '')),
    Architectures: codeOf(config).Architectures,
    Code: { ZipFile },
    Tags: tagsOf(account.scope, resource),
  }
  try {
    const made = await withRole(account, config, () => lambda.send(new CreateFunctionCommand(input)))
    if (made.State !== 'Active') await ready(lambda, resource.name)
    return 'bare'
  } catch (error) {
    if (!failedWith(error, 'ResourceConflictException')) throw error
    return 'unsure'
  }
}

function uploads(writing: Writing): boolean {
  return writing.live === undefined || changes(writing, 'code', 'architecture')
}

async function update(account: Account, writing: Writing): Promise<void> {
  const { lambda } = account.clients
  const { name, processor = '' } = writing.resource
  const config = writing.resource.config as FunctionConfig
  if (uploads(writing)) {
    const ZipFile = await account.artifact(config.code).zip()
    const input = { FunctionName: name, ...codeOf(config), ZipFile }
    await settle(lambda, name, () => lambda.send(new UpdateFunctionCodeCommand(input)))
  }
  if (changes(writing, 'code', 'runtime', 'handler', 'memory', 'timeout', 'environment', 'role', 'vpc')) {
    const settings = settingsOf(config, account.environment(processor))
    const input = { FunctionName: name, ...settings, ...undone(writing.planned) }
    const send = () => lambda.send(new UpdateFunctionConfigurationCommand(input))
    await settle(lambda, name, () => withRole(account, config, send))
  }
}

/** Writes the settings that have separate calls; a new function skips those that keep their default. */
async function besides(account: Account, writing: Writing): Promise<void> {
  const { lambda } = account.clients
  const { config: wanted, name: FunctionName } = writing.resource
  const config = wanted as FunctionConfig
  const isNew = writing.live === undefined
  if (isNew || changes(writing, 'onFailure', 'role', 'asynchronousRetries', 'eventAgeSeconds', 'onSuccess')) {
    const DestinationConfig = { OnFailure: { Destination: config.onFailure } }
    const input = { FunctionName, MaximumRetryAttempts: 0, DestinationConfig }
    await withRole(account, config, () => lambda.send(new PutFunctionEventInvokeConfigCommand(input)))
  }
  if (isNew ? config.loops : changes(writing, 'loops')) {
    const RecursiveLoop = config.loops ? 'Allow' : 'Terminate'
    await lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop }))
  }
  const ReservedConcurrentExecutions = config.concurrency
  if (isNew ? ReservedConcurrentExecutions === undefined : !changes(writing, 'concurrency')) return
  await (ReservedConcurrentExecutions === undefined
    ? unlessAbsent(lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName })))
    : lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions })))
}

/** Ends when the function can be called and changed. Throws AWS_REFUSED where AWS could not make it. */
async function ready(lambda: LambdaClient, FunctionName: string): Promise<void> {
  const why = await poll(`function ${FunctionName} to be ready`, READY, async () => {
    const now = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    const hasFailed = now.State === 'Failed' || now.LastUpdateStatus === 'Failed'
    if (hasFailed) return now.StateReason ?? now.LastUpdateStatusReason ?? 'for no reason given'
    return now.State === 'Pending' || now.LastUpdateStatus === 'InProgress' ? undefined : ''
  })
  if (why === '') return
  const what = `function ${FunctionName} did not get ready: ${why}`
  throw new AttakError('AWS_REFUSED', what, 'Fix that, then deploy again.')
}

/** Changes a function, after what AWS is doing with it has ended. */
async function settle(lambda: LambdaClient, name: string, send: () => Promise<FunctionConfiguration>): Promise<void> {
  const isBusy = (error: unknown) => failedWith(error, 'ResourceConflictException')
  const done = await retry(`function ${name} to take a change`, READY, isBusy, send)
  if (done.LastUpdateStatus !== 'Successful') await ready(lambda, name)
}

/** Sends a call that needs the role, and retries it until Lambda knows the role. */
function withRole<T>(account: Account, { role }: FunctionConfig, send: () => Promise<T>): Promise<T> {
  let required: Promise<void> | undefined
  const isUnknown = async (error: unknown) => {
    if (!isRoleUnknown(error)) return false
    required ??= requireRole(account, role)
    await required
    return true
  }
  return retry('IAM to make the role known', IAM, isUnknown, send)
}

/** Returns a function or mapping by its ARN; undefined if it does not exist. */
export async function lambdaSeen(lambda: LambdaClient, address: string, name: string): Promise<Seen | undefined> {
  const answer = await unlessAbsent(lambda.send(new ListTagsCommand({ Resource: address })))
  return answer && { name, address, tags: answer.Tags ?? {} }
}

/** Returns how Lambda tags what has an ARN there. */
export function lambdaTagging(lambda: LambdaClient, addressOf: (writing: Writing) => string) {
  return {
    tag: (writing: Writing, Tags: Tags) => lambda.send(new TagResourceCommand({ Resource: addressOf(writing), Tags })),
    untag: ({ address: Resource }: LiveResource, TagKeys: string[]) =>
      lambda.send(new UntagResourceCommand({ Resource, TagKeys })),
  }
}

function sorted(texts: readonly string[] = []): readonly string[] {
  return [...texts].sort()
}

/**
 * Recognizes Lambda's errors for a role, or its policy, that has not propagated from IAM yet. A missing role causes the
 * same errors.
 */
function isRoleUnknown(error: unknown): boolean {
  return (
    failedWith(error, 'InvalidParameterValueException', 'AccessDeniedException') &&
    /cannot be assumed|does not have permissions|not authorized to perform: sqs:|ensure the role can perform/i.test(
      (error as Error).message,
    )
  )
}
