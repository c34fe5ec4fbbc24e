import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingRequest,
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
import { type Account, type Asked, type Kind, kindOf, type Pairs, type Status, statusOf } from './kind.ts'
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
    status: (asked) => status(lambda, asked),
    create: (change) => create(account, change),
    async update({ resource, planned }) {
      const config = resource.config as MappingConfig
      const [mapping, ...extra] = await joining(lambda, resource)
      if (mapping === undefined) throw new Error(`${resource.id} was removed while it was written`)
      const { UUID } = mapping
      for (const one of extra) await drop(lambda, one.UUID)
      await atRest(lambda, UUID)
      const input = { UUID, FunctionName: config.function, ...tuningOf(config, mapping), ...undone(planned) }
      await settled(() => lambda.send(new UpdateEventSourceMappingCommand(input)))
      await atRest(lambda, UUID)
    },
    async remove({ address }) {
      const UUID = idOf(address)
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
function joining(lambda: LambdaClient, { config }: Pick<Resource, 'config'>): Promise<readonly Mapping[]> {
  const { function: FunctionName, source: EventSourceArn } = config as MappingConfig
  return mappingsUnder(lambda, { FunctionName, EventSourceArn })
}

/** Finds a mapping by its address, or by the source and function that it joins. */
async function status(lambda: LambdaClient, { address, config }: Asked): Promise<Status | undefined> {
  const found =
    address === undefined
      ? (await joining(lambda, { config }))[0]
      : await lambda.send(new GetEventSourceMappingCommand({ UUID: idOf(address) }))
  if (found === undefined) return undefined
  const { State, StateTransitionReason = '', LastProcessingResult: lastResult = '', BatchSize: batch } = found
  const reason = /^(?:USER_INITIATED|User action)$/i.test(StateTransitionReason) ? undefined : StateTransitionReason
  return statusOf(State, State === 'Enabled' && !lastResult.startsWith('PROBLEM'), { batch, lastResult, reason })
}

function idOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1)
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

/** Sends a change, once AWS has finished earlier changes to the mapping and knows the role. */
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

/** Recognizes Lambda's errors for a role that may not read the source, as happens until its policy has propagated. */
function isRoleUnknown(error: unknown): boolean {
  return (
    failedWith(error, 'InvalidParameterValueException') &&
    /cannot be assumed|does not have permissions|ensure the role can perform|cannot access stream/i.test(
      (error as Error).message,
    )
  )
}

type Tuning = Omit<CreateEventSourceMappingRequest, 'FunctionName' | 'EventSourceArn' | 'Tags'>

/** Returns the settings that can change in place. With `live`, settings that are no longer wanted are reset. */
export function tuningOf(config: MappingConfig, live?: EventSourceMappingConfiguration): Tuning {
  const { parallelization, bisect, retryAttempts, recordAgeSeconds, onFailure, concurrency, pollers } = config
  const filters = config.filters?.map((Pattern) => ({ Pattern }))
  return {
    Enabled: true,
    BatchSize: config.batchRecords,
    MaximumBatchingWindowInSeconds: config.windowSeconds,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...(parallelization !== undefined && { ParallelizationFactor: parallelization }),
    ...(bisect !== undefined && { BisectBatchOnFunctionError: bisect }),
    ...(retryAttempts !== undefined && { MaximumRetryAttempts: retryAttempts }),
    ...(recordAgeSeconds !== undefined && { MaximumRecordAgeInSeconds: recordAgeSeconds }),
    ...(onFailure !== undefined && { DestinationConfig: { OnFailure: { Destination: onFailure } } }),
    ...((filters ?? live?.FilterCriteria) && { FilterCriteria: { Filters: filters ?? [] } }),
    ...((config.metrics ?? live?.MetricsConfig) && {
      MetricsConfig: { Metrics: config.metrics ? ['EventCount' as const] : [] },
    }),
    ...((concurrency ?? live?.ScalingConfig) && {
      ScalingConfig: concurrency === undefined ? {} : { MaximumConcurrency: concurrency },
    }),
    ...((pollers ?? live?.ProvisionedPollerConfig) && {
      ProvisionedPollerConfig: pollers ? { MinimumPollers: pollers.minimum, MaximumPollers: pollers.maximum } : {},
    }),
  }
}

/**
 * Returns where a new mapping begins to read: as the topology states; else at the start of a stream that is equally
 * new, or at the time of the deploy for an older stream. Queues have no such place.
 */
export function startOf({ source, startingPosition }: MappingConfig, existedAtMs: number | undefined): Tuning {
  if (source.split(':')[2] !== 'kinesis') return {}
  if (startingPosition === 'TRIM_HORIZON' || startingPosition === 'LATEST')
    return { StartingPosition: startingPosition }
  if (startingPosition !== undefined) return startingAt(Date.parse(startingPosition))
  return existedAtMs === undefined ? { StartingPosition: 'TRIM_HORIZON' } : startingAt(existedAtMs)
}

/** Returns pairs of the wanted and the live value, by setting. */
export function wantedOf(config: MappingConfig, live: EventSourceMappingConfiguration) {
  const { parallelization, bisect, retryAttempts, recordAgeSeconds } = config
  const pollers = live.ProvisionedPollerConfig
  return {
    batchRecords: [config.batchRecords, live.BatchSize],
    windowSeconds: [config.windowSeconds, live.MaximumBatchingWindowInSeconds ?? 0],
    enabled: [true, !/^Disabl/.test(live.State ?? '')],
    responses: [['ReportBatchItemFailures'], live.FunctionResponseTypes ?? []],
    tumblingSeconds: [0, live.TumblingWindowInSeconds ?? 0],
    parallelization: pairOf(parallelization, live.ParallelizationFactor),
    bisect: pairOf(bisect, live.BisectBatchOnFunctionError),
    retryAttempts: pairOf(retryAttempts, live.MaximumRetryAttempts),
    recordAgeSeconds: pairOf(recordAgeSeconds, live.MaximumRecordAgeInSeconds),
    onFailure: [config.onFailure, live.DestinationConfig?.OnFailure?.Destination],
    filters: [config.filters ?? [], (live.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern)],
    metrics: [config.metrics ?? false, (live.MetricsConfig?.Metrics ?? []).length > 0],
    concurrency: [config.concurrency, live.ScalingConfig?.MaximumConcurrency],
    pollers: [
      config.pollers,
      pollers?.MinimumPollers && { minimum: pollers.MinimumPollers, maximum: pollers.MaximumPollers },
    ],
  } satisfies Pairs
}

/** Resets a setting that attak never sets on a mapping. */
export function undone(settings: readonly string[]): Tuning {
  return settings.includes('tumblingSeconds') ? { TumblingWindowInSeconds: 0 } : {}
}

/** A setting that is not wanted does not apply to the mapping's source; services return defaults for it, too. */
function pairOf(wanted: unknown, found: unknown): readonly [unknown, unknown] {
  return [wanted, wanted === undefined ? undefined : found]
}

function startingAt(ms: number): Tuning {
  return { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: new Date(ms) }
}
