import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { NAME_LIMITS, type Place } from '../../aws/names.ts'
import type { MappingConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import type { Write } from '../../deploy/change.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { lambdaSeen, lambdaTagging } from './function.ts'
import { type Account, type Kind, kindOf } from './kind.ts'
import { startOf, tuningOf, undone, wantedOf } from './mapping-config.ts'
import { tagPair, tagsOf } from './tags.ts'
import { poll, retry } from './waits.ts'

/** A mapping takes a minute or two to begin, on real AWS. */
const READY = { firstMs: 250, maxMs: 3_000, withinMs: 600_000 }
const IAM = { firstMs: 1_000, maxMs: 5_000, withinMs: 180_000 }

type Mapping = EventSourceMappingConfiguration & { readonly UUID: string }

/** Event source mappings: what hands a function the records of a stream or queue. */
export function mappings(account: Account): Kind {
  const { scope, place } = account
  const { lambda } = account.clients
  const see = (mapping: Mapping) => lambdaSeen(lambda, arnOf(place, mapping), '')
  return kindOf(scope, {
    ...lambdaTagging(lambda, ({ live }) => live!.address),
    async find(resource) {
      const [mapping] = await joining(lambda, resource)
      return mapping && see(mapping)
    },
    async list() {
      const prefix = `:function:${prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)}`
      const ours = (await mappingsUnder(lambda, {})).filter(({ FunctionArn = '' }) => FunctionArn.includes(prefix))
      return gather(ours, see)
    },
    async compare(resource) {
      const [mapping] = await joining(lambda, resource)
      if (mapping === undefined) return undefined
      const tags = (await see(mapping))?.tags ?? {}
      return { ...wantedOf(resource.config as MappingConfig, mapping), tags: tagPair(scope, resource, tags) }
    },
    create: (change) => create(account, change),
    async update({ resource, planned }) {
      const config = resource.config as MappingConfig
      const [mapping, ...extra] = await joining(lambda, resource)
      if (mapping === undefined) throw new Error(`${resource.id} went while it was written`)
      const { UUID } = mapping
      for (const one of extra) await drop(lambda, one.UUID)
      await atRest(lambda, UUID)
      const input = { UUID, FunctionName: config.function, ...tuningOf(config, mapping), ...undone(planned) }
      await settled(() => lambda.send(new UpdateEventSourceMappingCommand(input)))
      await atRest(lambda, UUID)
    },
    async remove({ address }) {
      const UUID = address.slice(address.lastIndexOf(':') + 1)
      await drop(lambda, UUID)
      await atRest(lambda, UUID)
      return true
    },
  })
}

async function mappingsUnder(
  lambda: LambdaClient,
  filter: { readonly FunctionName?: string; readonly EventSourceArn?: string },
): Promise<readonly Mapping[]> {
  const mappings = await pagesOf(async (Marker) => {
    const page = await unlessAbsent(lambda.send(new ListEventSourceMappingsCommand({ ...filter, Marker })))
    return { items: page?.EventSourceMappings, next: page?.NextMarker }
  })
  return mappings.flatMap((one) =>
    one.UUID !== undefined && one.State !== 'Deleting' ? [{ ...one, UUID: one.UUID }] : [],
  )
}

/** All that join the two: AWS allows one. */
function joining(lambda: LambdaClient, { config }: Resource): Promise<readonly Mapping[]> {
  const { function: FunctionName, source: EventSourceArn } = config as MappingConfig
  return mappingsUnder(lambda, { FunctionName, EventSourceArn })
}

/** Makes a mapping with all its settings and tags in one call. */
async function create(
  { scope, clients: { lambda }, startedAtMs }: Account,
  { resource, fingerprint, made }: Write,
): Promise<'whole' | 'unsure'> {
  const config = resource.config as MappingConfig
  const isNew = made.some((id) => id.startsWith('stream/'))
  const input = {
    EventSourceArn: config.source,
    FunctionName: config.function,
    ...tuningOf(config),
    ...startOf(config, isNew ? undefined : startedAtMs),
    Tags: tagsOf(scope, resource, fingerprint),
  }
  try {
    const mapping = await settled(() => lambda.send(new CreateEventSourceMappingCommand(input)))
    await atRest(lambda, mapping.UUID!)
    // After a lost answer, an emulator makes it twice.
    if ((mapping.$metadata.attempts ?? 1) > 1) {
      const all = await joining(lambda, resource)
      for (const { UUID } of all.filter(({ UUID }) => UUID !== mapping.UUID)) await drop(lambda, UUID)
    }
    return 'whole'
  } catch (error) {
    const [there] = failedWith(error, 'ResourceConflictException') ? await joining(lambda, resource) : []
    if (there === undefined) throw error
    await atRest(lambda, there.UUID)
    return 'unsure'
  }
}

/** Ends when a mapping is at rest, or gone. */
async function atRest(lambda: LambdaClient, UUID: string): Promise<void> {
  await poll(`mapping ${UUID} to come to rest`, READY, async () => {
    const now = await unlessAbsent(lambda.send(new GetEventSourceMappingCommand({ UUID })))
    return /^(?:Enabled|Disabled)$/.test(now?.State ?? 'Enabled') || undefined
  })
}

/** Sends a change, once what AWS is doing with the mapping has ended and IAM has told of the role. */
function settled<T>(send: () => Promise<T>): Promise<T> {
  const passes = (error: unknown) => failedWith(error, 'ResourceInUseException') || isRoleUnknown(error)
  return retry('IAM, or a change that is under way', IAM, passes, send)
}

async function drop(lambda: LambdaClient, UUID: string): Promise<void> {
  await unlessAbsent(settled(() => lambda.send(new DeleteEventSourceMappingCommand({ UUID }))))
}

function arnOf({ partition, region, account }: Place, { UUID, EventSourceMappingArn }: Mapping): string {
  return EventSourceMappingArn ?? `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${UUID}`
}

/** Lambda's words for a role that may not read the source, which is so until IAM has told of its policy. */
function isRoleUnknown(error: unknown): boolean {
  return (
    failedWith(error, 'InvalidParameterValueException') &&
    /cannot be assumed|does not have permissions|ensure the role can perform|cannot access stream/i.test(
      (error as Error).message,
    )
  )
}
