import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  DisableEnhancedMonitoringCommand,
  IncreaseStreamRetentionPeriodCommand,
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
import { failedWith, gather } from '../../aws/sdk.ts'
import type { Write } from '../../deploy/change.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, adopting, changes, differing, type Kind, loosens } from './kind.ts'
import { found, listed, staleTags, TAGS, type Tags, tagPair, tagsOf, userTags } from './tags.ts'
import { poll } from './waits.ts'

/** What a stream keeps records for when it is made. Source: Kinesis API reference, CreateStream, read 2026-11-21. */
const FIRST_RETENTION_HOURS = 24
/** The most tags of one call. Source: Kinesis API reference, AddTagsToStream (10), read 2026-11-21. */
const TAGS_PER_CALL = 10
const PACE = { firstMs: 500, maxMs: 3_000, withinMs: 600_000 }

/**
 * Kinesis data streams. Making, resharding and removing one takes AWS up to a minute and is waited for; five may be in
 * the making at once, more wait their turn.
 */
export function streams({ scope, place, emulated, clients: { kinesis } }: Account): Kind {
  const summaryOf = async (name: string): Promise<StreamDescriptionSummary | undefined> => {
    const answer = await unlessAbsent(kinesis.send(new DescribeStreamSummaryCommand({ StreamName: name })))
    return answer?.StreamDescriptionSummary
  }

  const tagsOn = async (name: string): Promise<Tags> => {
    const tags: Record<string, string> = {}
    for (let after: string | undefined; ; ) {
      const answer = await unlessAbsent(
        kinesis.send(new ListTagsForStreamCommand({ StreamName: name, ...(after && { ExclusiveStartTagKey: after }) })),
      )
      for (const { Key, Value } of answer?.Tags ?? []) tags[Key!] = Value ?? ''
      after = answer?.Tags?.at(-1)?.Key
      if (!answer?.HasMoreTags || after === undefined) return tags
    }
  }

  const tag = async (name: string, tags: Tags) => {
    const entries = Object.entries(tags)
    for (let from = 0; from < entries.length; from += TAGS_PER_CALL) {
      const Tags = Object.fromEntries(entries.slice(from, from + TAGS_PER_CALL))
      await kinesis.send(new AddTagsToStreamCommand({ StreamName: name, Tags }))
    }
  }

  const untag = (name: string, keys: readonly string[]) =>
    kinesis.send(new RemoveTagsFromStreamCommand({ StreamName: name, TagKeys: [...keys] }))

  const active = async (name: string): Promise<StreamDescriptionSummary> => {
    const summary = await poll(`stream ${name} to be active`, PACE, async () => {
      const now = await summaryOf(name)
      return now?.StreamStatus === 'ACTIVE' ? now : undefined
    })
    if (summary !== undefined) return summary
    throw new AttakError('AWS_REFUSED', `stream ${name} did not become active`, 'Look at it in the console of Kinesis.')
  }

  /** Undefined while too many are in the making, or one of that name is still going. */
  const create = async (resource: Resource) => {
    const { name } = resource
    const { shards } = resource.config as StreamConfig
    try {
      await kinesis.send(
        new CreateStreamCommand({
          StreamName: name,
          StreamModeDetails: { StreamMode: shards === undefined ? 'ON_DEMAND' : 'PROVISIONED' },
          ...(shards !== undefined && { ShardCount: shards }),
          Tags: tagsOf(scope, resource),
        }),
      )
      return true
    } catch (error) {
      if (!failedWith(error, 'ResourceInUseException', 'LimitExceededException')) throw error
      const there = await summaryOf(name)
      return there !== undefined && there.StreamStatus !== 'DELETING' ? true : undefined
    }
  }

  const read = async (resource: Resource) => {
    const summary = await summaryOf(resource.name)
    if (summary === undefined || summary.StreamStatus === 'DELETING') return undefined
    const tags = await tagsOn(resource.name)
    // An emulator may drop the tags that a stream is made with; those come again with the fingerprint.
    const own = emulated && Object.keys(tags).length === 0 ? tagsOf(scope, resource) : tags
    return found(scope, resource, streamArn(place, resource.name), own)
  }

  return {
    read,

    async list() {
      const names: string[] = []
      const prefix = prefixOf(scope.topology, scope.stage, NAME_LIMITS.stream)
      for (let after: string | undefined; ; after = names.at(-1)) {
        const page = await kinesis.send(
          new ListStreamsCommand({ Limit: 1000, ...(after && { ExclusiveStartStreamName: after }) }),
        )
        names.push(...(page.StreamNames ?? []))
        if (!page.HasMoreStreams) break
      }
      const ours = names.filter((name) => name.startsWith(prefix))
      return gather(ours, async (name) => listed(scope, streamArn(place, name), name, await tagsOn(name)))
    },

    async inspect(resource) {
      const { name, config } = resource
      const { shards, retentionHours } = config as StreamConfig
      const summary = await summaryOf(name)
      const provisioned = summary?.StreamModeDetails?.StreamMode === 'PROVISIONED'
      return differing({
        shards: [shards, provisioned ? summary?.OpenShardCount : undefined],
        retentionHours: [retentionHours, summary?.RetentionPeriodHours],
        encryption: ['NONE', summary?.EncryptionType ?? 'NONE'],
        shardMetrics: [[], metricsOf(summary)],
        tags: tagPair(scope, resource, await tagsOn(name)),
      })
    },

    async describe({ name }): Promise<StreamConfig | undefined> {
      const summary = await summaryOf(name)
      if (summary === undefined) return undefined
      const { StreamModeDetails, OpenShardCount = 1, RetentionPeriodHours = FIRST_RETENTION_HOURS } = summary
      const isProvisioned = StreamModeDetails?.StreamMode === 'PROVISIONED'
      return { ...(isProvisioned && { shards: OpenShardCount }), retentionHours: RetentionPeriodHours, tags: {} }
    },

    async write(change) {
      const { resource, fingerprint } = change
      let live = await read(resource)
      if (live === undefined) {
        const made = await poll('room for another stream in the making', PACE, () => create(resource))
        if (made === undefined) throw tooMany(resource.name)
        // Whoever was first to make it, it has to be ours.
        await active(resource.name)
        live = await read(resource)
      }
      if (loosens(change, live)) await untag(resource.name, [TAGS.config])
      const summary = await active(resource.name)
      await reshape(adopting(change, live), summary)
      await undo(change, summary)
      await tag(resource.name, tagsOf(scope, resource, fingerprint))
    },

    async remove({ live: { name } }) {
      const gone = await poll(`stream ${name} to be gone`, PACE, async () => {
        const summary = await summaryOf(name)
        if (summary === undefined) return true
        if (summary.StreamStatus === 'DELETING') return undefined
        try {
          await kinesis.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }))
        } catch (error) {
          if (!failedWith(error, 'ResourceInUseException', 'ResourceNotFoundException', 'LimitExceededException')) {
            throw error
          }
        }
        return undefined
      })
      if (gone) return
      throw new AttakError('AWS_REFUSED', `stream ${name} does not go`, 'Look at it in the console of Kinesis.')
    },
  }

  async function reshape(change: Write, summary: StreamDescriptionSummary) {
    const { name, config } = change.resource
    const { shards, retentionHours, tags } = config as StreamConfig
    if (changes(change, 'shards')) await scale(name, shards, summary)
    const hours = summary.RetentionPeriodHours ?? FIRST_RETENTION_HOURS
    const period = { StreamName: name, RetentionPeriodHours: retentionHours }
    if (hours < retentionHours) await kinesis.send(new IncreaseStreamRetentionPeriodCommand(period))
    if (hours > retentionHours) await kinesis.send(new DecreaseStreamRetentionPeriodCommand(period))
    if (hours !== retentionHours) await active(name)
    if (change.kind === 'create' || !changes(change, 'tags')) return
    const stale = staleTags(await tagsOn(name), userTags({ tags }))
    if (stale.length > 0) await untag(name, stale)
  }

  /** Takes back what was changed by hand and is no setting of attak's. */
  async function undo({ settings, resource: { name } }: Write, summary: StreamDescriptionSummary) {
    const { KeyId } = summary
    if (settings.includes('encryption') && summary.EncryptionType === 'KMS') {
      await kinesis.send(new StopStreamEncryptionCommand({ StreamName: name, EncryptionType: 'KMS', KeyId }))
      await active(name)
    }
    const ShardLevelMetrics = [...metricsOf(summary)]
    if (settings.includes('shardMetrics') && ShardLevelMetrics.length > 0)
      await kinesis.send(new DisableEnhancedMonitoringCommand({ StreamName: name, ShardLevelMetrics }))
  }

  async function scale(name: string, shards: number | undefined, summary: StreamDescriptionSummary) {
    const onDemand = summary.StreamModeDetails?.StreamMode === 'ON_DEMAND'
    if (onDemand !== (shards === undefined)) {
      const StreamMode = shards === undefined ? 'ON_DEMAND' : 'PROVISIONED'
      await kinesis.send(
        new UpdateStreamModeCommand({ StreamARN: streamArn(place, name), StreamModeDetails: { StreamMode } }),
      )
      await active(name)
    }
    if (shards === undefined) return
    const open = onDemand ? ((await summaryOf(name))?.OpenShardCount ?? shards) : (summary.OpenShardCount ?? shards)
    for (const target of stepsTo(open, shards)) {
      const step = { StreamName: name, TargetShardCount: target, ScalingType: 'UNIFORM_SCALING' as const }
      await kinesis.send(new UpdateShardCountCommand(step))
      await active(name)
    }
  }
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
    `stream ${name} could not be made: AWS allows no more streams, or an old one of that name does not go`,
    'Remove streams that are no longer needed, ask AWS for more in Service Quotas, or set `shards` on the stream.',
  )
}
