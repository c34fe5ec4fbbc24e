import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  DisableEnhancedMonitoringCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  type MetricsName,
  RemoveTagsFromStreamCommand,
  StopStreamEncryptionCommand,
  type StreamDescriptionSummary,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
} from '@aws-sdk/client-kinesis'
import { NAME_LIMITS, streamArn } from '../../aws/names.ts'
import type { StreamConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, changes, type Kind, kindOf, type Status, statusOf, type Writing } from './kind.ts'
import { type Seen, type Tags, tagPair, tagsOf, tagsOfPairs } from './tags.ts'
import { poll } from './waits.ts'

/** The initial retention of a new stream. Source: Kinesis API reference, CreateStream, read 2026-11-21. */
const FIRST_RETENTION_HOURS = 24
/** The most tags of one call. Source: Kinesis API reference, AddTagsToStream (10), read 2026-11-21. */
const TAGS_PER_CALL = 10
const PACE = { firstMs: 500, maxMs: 3_000, withinMs: 600_000 }

/**
 * Kinesis data streams. Making, resharding and removing one takes AWS up to a minute and is waited for; five may be in
 * the making at once, more wait their turn.
 */
export function streams({ scope, place, emulated, clients: { kinesis } }: Account): Kind {
  const see = async (name: string): Promise<Seen> => {
    return { name, address: streamArn(place, name), tags: await tagsOn(kinesis, name) }
  }
  return kindOf(scope, {
    async find(resource) {
      const { StreamStatus = 'DELETING' } = (await summaryOf(kinesis, resource.name)) ?? {}
      if (StreamStatus === 'DELETING') return undefined
      const seen = await see(resource.name)
      // An emulator may drop the tags of a new stream; they are written again with the fingerprint.
      const isBare = emulated && Object.keys(seen.tags).length === 0
      return isBare ? { ...seen, tags: tagsOf(scope, resource) } : seen
    },
    async list() {
      const names = await namesUnder(kinesis, prefixOf(scope.topology, scope.stage, NAME_LIMITS.stream))
      return gather(names, see)
    },
    async compare(resource) {
      const { shards, retentionHours } = resource.config as StreamConfig
      const summary = await summaryOf(kinesis, resource.name)
      const isProvisioned = summary?.StreamModeDetails?.StreamMode === 'PROVISIONED'
      return {
        shards: [shards, isProvisioned ? summary?.OpenShardCount : undefined],
        retentionHours: [retentionHours, summary?.RetentionPeriodHours],
        encryption: ['NONE', summary?.EncryptionType ?? 'NONE'],
        shardMetrics: [[], metricsOf(summary)],
        tags: tagPair(scope, resource, await tagsOn(kinesis, resource.name)),
      }
    },
    async describe({ name }): Promise<StreamConfig | undefined> {
      const summary = await summaryOf(kinesis, name)
      if (summary === undefined) return undefined
      const { StreamModeDetails, OpenShardCount = 1, RetentionPeriodHours = FIRST_RETENTION_HOURS } = summary
      const isProvisioned = StreamModeDetails?.StreamMode === 'PROVISIONED'
      return { ...(isProvisioned && { shards: OpenShardCount }), retentionHours: RetentionPeriodHours, tags: {} }
    },
    async status({ name }) {
      const summary = await summaryOf(kinesis, name)
      return summary && statusIn(summary)
    },
    create: ({ resource }) => create(kinesis, resource, tagsOf(scope, resource)),
    update: (writing) => update(kinesis, writing, streamArn(place, writing.resource.name)),
    async tag({ resource: { name } }, tags) {
      const entries = Object.entries(tags)
      for (let from = 0; from < entries.length; from += TAGS_PER_CALL) {
        const Tags = Object.fromEntries(entries.slice(from, from + TAGS_PER_CALL))
        await kinesis.send(new AddTagsToStreamCommand({ StreamName: name, Tags }))
      }
    },
    untag: ({ name }, TagKeys) => kinesis.send(new RemoveTagsFromStreamCommand({ StreamName: name, TagKeys })),
    async remove({ name }) {
      const summary = await summaryOf(kinesis, name)
      if (summary === undefined) return true
      if (summary.StreamStatus !== 'DELETING')
        await kinesis.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }))
      return false
    },
    pace: PACE,
  })
}

async function summaryOf(kinesis: KinesisClient, StreamName: string): Promise<StreamDescriptionSummary | undefined> {
  return (await unlessAbsent(kinesis.send(new DescribeStreamSummaryCommand({ StreamName }))))?.StreamDescriptionSummary
}

async function namesUnder(kinesis: KinesisClient, prefix: string): Promise<readonly string[]> {
  const names = await pagesOf(async (start) => {
    const page = await kinesis.send(
      new ListStreamsCommand({ Limit: 1000, ...(start && { ExclusiveStartStreamName: start }) }),
    )
    return { items: page.StreamNames, next: page.HasMoreStreams ? page.StreamNames?.at(-1) : undefined }
  })
  return names.filter((name) => name.startsWith(prefix))
}

async function tagsOn(kinesis: KinesisClient, StreamName: string): Promise<Tags> {
  const pairs = await pagesOf(async (start) => {
    const input = { StreamName, ...(start && { ExclusiveStartTagKey: start }) }
    const page = await unlessAbsent(kinesis.send(new ListTagsForStreamCommand(input)))
    return { items: page?.Tags, next: page?.HasMoreTags ? page.Tags?.at(-1)?.Key : undefined }
  })
  return tagsOfPairs(pairs)
}

function active(kinesis: KinesisClient, name: string): Promise<StreamDescriptionSummary> {
  return poll(`stream ${name} to be active`, PACE, async () => {
    const now = await summaryOf(kinesis, name)
    return now?.StreamStatus === 'ACTIVE' ? now : undefined
  })
}

/** Waits while too many are in the making, or one of that name is still going. */
async function create(kinesis: KinesisClient, { name, config }: Resource, tags: Tags): Promise<'bare' | 'unsure'> {
  const { shards } = config as StreamConfig
  const input = {
    StreamName: name,
    StreamModeDetails: { StreamMode: modeOf(shards) },
    ...(shards !== undefined && { ShardCount: shards }),
    Tags: tags,
  }
  const tryMaking = async () => {
    try {
      await kinesis.send(new CreateStreamCommand(input))
      return 'bare'
    } catch (error) {
      if (!failedWith(error, 'ResourceInUseException', 'LimitExceededException')) throw error
      const { StreamStatus = 'DELETING' } = (await summaryOf(kinesis, name)) ?? {}
      return StreamStatus === 'DELETING' ? undefined : 'unsure'
    }
  }
  const made = await poll('room for another stream in the making', PACE, tryMaking, () => tooMany(name))
  await active(kinesis, name)
  return made
}

async function update(kinesis: KinesisClient, writing: Writing, StreamARN: string): Promise<void> {
  const { name: StreamName, config } = writing.resource
  const { shards, retentionHours } = config as StreamConfig
  const summary = await active(kinesis, StreamName)
  if (changes(writing, 'shards')) await scale(kinesis, { StreamName, StreamARN, shards }, summary)
  const hours = summary.RetentionPeriodHours ?? FIRST_RETENTION_HOURS
  const period = { StreamName, RetentionPeriodHours: retentionHours }
  if (hours < retentionHours) await kinesis.send(new IncreaseStreamRetentionPeriodCommand(period))
  if (hours > retentionHours) await kinesis.send(new DecreaseStreamRetentionPeriodCommand(period))
  if (hours !== retentionHours) await active(kinesis, StreamName)
  const { KeyId, EncryptionType } = summary
  if (writing.planned.includes('encryption') && EncryptionType === 'KMS') {
    await kinesis.send(new StopStreamEncryptionCommand({ StreamName, EncryptionType, KeyId }))
    await active(kinesis, StreamName)
  }
  const ShardLevelMetrics = [...metricsOf(summary)]
  if (writing.planned.includes('shardMetrics') && ShardLevelMetrics.length > 0)
    await kinesis.send(new DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics }))
}

async function scale(
  kinesis: KinesisClient,
  { StreamName, StreamARN, shards }: { StreamName: string; StreamARN: string; shards: number | undefined },
  summary: StreamDescriptionSummary,
): Promise<void> {
  let { OpenShardCount } = summary
  const StreamMode = modeOf(shards)
  if (summary.StreamModeDetails?.StreamMode !== StreamMode) {
    await kinesis.send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode } }))
    OpenShardCount = (await active(kinesis, StreamName)).OpenShardCount
  }
  if (shards === undefined) return
  for (const TargetShardCount of stepsTo(OpenShardCount ?? shards, shards)) {
    await kinesis.send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }))
    await active(kinesis, StreamName)
  }
}

function modeOf(shards: number | undefined): 'ON_DEMAND' | 'PROVISIONED' {
  return shards === undefined ? 'ON_DEMAND' : 'PROVISIONED'
}

function statusIn({ StreamStatus, StreamModeDetails, ...summary }: StreamDescriptionSummary): Status {
  const { OpenShardCount: shards, RetentionPeriodHours: retentionHours } = summary
  return statusOf(StreamStatus, StreamStatus === 'ACTIVE', {
    shards,
    retentionHours,
    mode: StreamModeDetails?.StreamMode,
  })
}

function metricsOf(summary: StreamDescriptionSummary | undefined): readonly MetricsName[] {
  return (summary?.EnhancedMonitoring ?? []).flatMap(({ ShardLevelMetrics = [] }) => ShardLevelMetrics).sort()
}

/**
 * The shard counts on the way from one to another: each at most twice the one before and at least half of it. AWS
 * takes ten steps in 24 hours. Source: Kinesis API reference, UpdateShardCount, read 2026-11-21.
 */
export function stepsTo(from: number, to: number): readonly number[] {
  const steps: number[] = []
  for (let at = from; at !== to; ) {
    at = to > at ? Math.min(to, at * 2) : Math.max(to, Math.ceil(at / 2))
    steps.push(at)
  }
  return steps
}

function tooMany(name: string): AttakError {
  return new AttakError(
    'QUOTA_EXCEEDED',
    `stream ${name} could not be created: AWS allows no more streams, or an old one with that name is still being removed`,
    'Remove streams that are no longer needed, ask AWS for more in Service Quotas, or set `shards` on the stream.',
  )
}
