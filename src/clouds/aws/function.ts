import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionRecursionConfigCommand,
  type GetFunctionResponse,
  ListFunctionsCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionRecursionConfigCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { functionArn, NAME_LIMITS } from '../../aws/names.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { ARTIFACT_VARIABLE } from '../../bundle/artifact.ts'
import type { Write } from '../../deploy/change.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { LiveResource, Resource } from '../../graph/resource.ts'
import { isAbsent, unlessAbsent, unlessUnknown } from './failure.ts'
import { codeOf, type FunctionConfig, hashedEnvironment, settingsOf, undone, untouched } from './function-config.ts'
import { type Account, adopting, changes, differing, type Kind } from './kind.ts'
import { lambdaTags, loosen, retag } from './lambda-tags.ts'
import { requireRole } from './role.ts'
import { found, listed, TAGS, tagPair, tagsOf } from './tags.ts'
import { poll } from './waits.ts'

/** As the SDK's own waiters: a second between tries, five minutes in all; a network of one's own takes the longest. */
const READY = { firstMs: 250, maxMs: 1_000, withinMs: 300_000 }
/** How long Lambda keeps an asynchronous call unless it is told. Source: Lambda API reference, PutFunctionEventInvokeConfig, read 2026-11-28. */
const MOST_EVENT_AGE_S = 21_600
/** A role takes seconds to be known everywhere, rarely more than a minute. */
const IAM = { firstMs: 1_000, maxMs: 5_000, withinMs: 120_000 }

/** Lambda functions, with what is said of them beside code and settings: asynchronous calls, loops, concurrency. */
export function functions(account: Account): Kind {
  const { scope, place, clients } = account
  const { lambda } = clients

  const get = (name: string): Promise<GetFunctionResponse | undefined> =>
    unlessAbsent(lambda.send(new GetFunctionCommand({ FunctionName: name })))

  const read = async (resource: Resource) => {
    const answer = await get(resource.name)
    return answer && found(scope, resource, functionArn(place, resource.name), answer.Tags ?? {})
  }

  /** Ends when the function can be called and changed. Throws AWS_REFUSED where AWS could not make it. */
  const ready = async (name: string) => {
    const state = await poll(`function ${name} to be ready`, READY, async () => {
      const now = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))
      const failed = now.State === 'Failed' || now.LastUpdateStatus === 'Failed'
      const changing = now.State === 'Pending' || now.LastUpdateStatus === 'InProgress'
      if (failed) return { why: now.StateReason ?? now.LastUpdateStatusReason ?? 'for no reason given' }
      return changing ? undefined : {}
    })
    if (state !== undefined && !('why' in state)) return
    const why = state?.why ?? 'it is still being made after five minutes'
    throw new AttakError('AWS_REFUSED', `function ${name} did not get ready: ${why}`, 'Mend that, then deploy again.')
  }

  /** Changes a function, after what AWS is doing with it has ended. */
  const settle = async (name: string, send: () => Promise<FunctionConfiguration>) => {
    const done = await poll(`function ${name} to take a change`, READY, async () => {
      try {
        return await send()
      } catch (error) {
        if (!failedWith(error, 'ResourceConflictException')) throw error
        return undefined
      }
    })
    if (!done) throw new AttakError('AWS_REFUSED', `function ${name} takes no change`, 'Deploy again later.')
    if (done.LastUpdateStatus !== 'Successful') await ready(name)
  }

  /** Sends what needs the role, until IAM has told Lambda of it. */
  const withRole = async <T>({ role }: FunctionConfig, send: () => Promise<T>): Promise<T> => {
    let last: unknown
    const answer = await poll('IAM to make the role known', IAM, async () => {
      try {
        return { value: await send() }
      } catch (error) {
        if (!isRoleUnknown(error)) throw error
        if (last === undefined) await requireRole(account, role)
        last = error
        return undefined
      }
    })
    if (answer === undefined) throw last
    return answer.value
  }

  return {
    read,

    async list() {
      const prefix = prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)
      const all = await pagesOf(async (Marker) => {
        const page = await lambda.send(new ListFunctionsCommand({ Marker, MaxItems: 50 }))
        return { items: page.Functions, next: page.NextMarker }
      })
      const ours = all.map(({ FunctionName = '' }) => FunctionName).filter((name) => name.startsWith(prefix))
      return gather(ours, async (name) => {
        const Resource = functionArn(place, name)
        const tags = await lambdaTags(lambda, Resource)
        return tags && listed(scope, Resource, name, tags)
      })
    },

    async inspect(resource) {
      const FunctionName = resource.name
      const answer = await get(FunctionName)
      if (answer === undefined) return []
      const invoking = await unlessAbsent(lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })))
      const asked = lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }))
      const loops = await unlessUnknown(asked, account.emulated)
      const config = resource.config as FunctionConfig
      const live = answer.Configuration
      const wanted = settingsOf(config, {})
      return differing({
        code: [answer.Tags?.[TAGS.code] ?? account.artifact(config.code).zipHash, live?.CodeSha256],
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
        tags: tagPair(scope, resource, answer.Tags ?? {}),
        concurrency: [config.concurrency, answer.Concurrency?.ReservedConcurrentExecutions],
        onFailure: [config.onFailure, invoking?.DestinationConfig?.OnFailure?.Destination],
        loops: [config.loops, loops?.RecursiveLoop === 'Allow'],
      })
    },

    async write(change) {
      // A listing that shows it whole is believed, which saves a call for each function.
      const listed = change.kind === 'update' && change.live?.fingerprint !== undefined ? change.live : undefined
      try {
        await bring(change, listed ?? (await read(change.resource)))
      } catch (error) {
        if (listed === undefined || !isAbsent(error)) throw error
        await bring(change, await read(change.resource))
      }
    },

    async remove({ live: { name } }) {
      const gone = await poll(`function ${name} to be gone`, READY, async () => {
        try {
          await lambda.send(new DeleteFunctionCommand({ FunctionName: name }))
          return true
        } catch (error) {
          if (isAbsent(error)) return true
          if (!failedWith(error, 'ResourceConflictException')) throw error
          return undefined
        }
      })
      if (!gone) throw new AttakError('AWS_REFUSED', `function ${name} does not go`, 'Remove it again later.')
    },
  }

  async function bring(change: Write, there: LiveResource | undefined) {
    const { resource } = change
    const address = functionArn(place, resource.name)
    const made = there === undefined && (await create(resource))
    const live = made ? undefined : (there ?? (await read(resource)))
    await loosen(lambda, address, change, live)
    const write = adopting(change, live)
    const uploaded = made || (await update(write))
    await beside(write, made)
    const { code } = resource.config as FunctionConfig
    const more = uploaded ? { [TAGS.code]: account.artifact(code).zipHash } : {}
    await retag(lambda, change, { scope, address, live, more })
  }

  /** Gives false when the function was there already, from a try whose answer got lost or from another deploy. */
  async function create(resource: Resource): Promise<boolean> {
    const config = resource.config as FunctionConfig
    const ZipFile = await account.artifact(config.code).zip()
    const input = {
      FunctionName: resource.name,
      ...settingsOf(config, account.environment(resource.processor ?? '')),
      Architectures: codeOf(config).Architectures,
      Code: { ZipFile },
      Tags: tagsOf(scope, resource),
    }
    try {
      const made = await withRole(config, () => lambda.send(new CreateFunctionCommand(input)))
      if (made.State !== 'Active') await ready(resource.name)
      return true
    } catch (error) {
      // It may exist, or something else be done to it: whoever has the name tells.
      if (!failedWith(error, 'ResourceConflictException') || (await read(resource)) === undefined) throw error
      await ready(resource.name)
      return false
    }
  }

  /** Gives whether it has uploaded the code. */
  async function update(write: Write): Promise<boolean> {
    const { name, processor = '' } = write.resource
    const config = write.resource.config as FunctionConfig
    const uploads = changes(write, 'code', 'architecture')
    if (uploads) {
      const ZipFile = await account.artifact(config.code).zip()
      const input = { FunctionName: name, ...codeOf(config), ZipFile }
      await settle(name, () => lambda.send(new UpdateFunctionCodeCommand(input)))
    }
    if (changes(write, 'code', 'runtime', 'handler', 'memory', 'timeout', 'environment', 'role', 'vpc')) {
      const input = {
        FunctionName: name,
        ...settingsOf(config, account.environment(processor)),
        ...undone(write.settings),
      }
      await settle(name, () => withRole(config, () => lambda.send(new UpdateFunctionConfigurationCommand(input))))
    }
    return uploads
  }

  /** What has calls of its own; a new function needs none where its default is what is wanted. */
  async function beside(write: Write, made: boolean) {
    const FunctionName = write.resource.name
    const config = write.resource.config as FunctionConfig
    if (made || changes(write, 'onFailure', 'role', 'asynchronousRetries', 'eventAgeSeconds', 'onSuccess')) {
      const input = {
        FunctionName,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: config.onFailure } },
      }
      await withRole(config, () => lambda.send(new PutFunctionEventInvokeConfigCommand(input)))
    }
    if (made ? config.loops : changes(write, 'loops')) {
      const RecursiveLoop = config.loops ? 'Allow' : 'Terminate'
      await lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop }))
    }
    if (made ? config.concurrency !== undefined : changes(write, 'concurrency')) {
      if (config.concurrency === undefined) {
        await unlessAbsent(lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName })))
      } else {
        const ReservedConcurrentExecutions = config.concurrency
        await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }))
      }
    }
  }
}

function sorted(texts: readonly string[] = []): readonly string[] {
  return [...texts].sort()
}

/** Lambda's words for a role, or its policy, that IAM has not told it of yet; also for one that is not there. */
function isRoleUnknown(error: unknown): boolean {
  return (
    failedWith(error, 'InvalidParameterValueException', 'AccessDeniedException') &&
    /cannot be assumed|does not have permissions|not authorized to perform: sqs:|ensure the role can perform/i.test(
      (error as Error).message,
    )
  )
}
