import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  type SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { NAME_LIMITS, type Place, queueArn } from '../../aws/names.ts'
import type { QueueConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import type { Write } from '../../deploy/change.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, adopting, changes, differing, type Kind, loosens } from './kind.ts'
import { found, listed, staleTags, TAGS, type Tags, tagPair, tagsOf, userTags } from './tags.ts'
import { poll } from './waits.ts'

type Attributes = Partial<Record<QueueAttributeName, string>>

/** A name is free 60 seconds after its queue was removed. Source: SQS API reference, CreateQueue, read 2026-11-21. */
const PACE = { firstMs: 2_000, maxMs: 10_000, withinMs: 150_000 }

/** What {@link queues} gives: the kind, and what marks a stage. */
export interface Queues extends Kind {
  /** The tags of a queue as they are now; undefined where there is none. */
  tagsOf(name: string): Promise<Tags | undefined>
  /** Puts tags on a queue, those that are undefined taken off, after making it, half-made, where it is not there. */
  tag(resource: Resource, tags: Readonly<Record<string, string | undefined>>): Promise<void>
}

/** SQS queues: one call makes one with all its settings and tags. */
export function queues({ scope, place, emulated, clients: { sqs } }: Account): Queues {
  /** Undefined where there is no such queue and that has to be asked for to know its address. */
  const addressOf = async (name: string): Promise<string | undefined> =>
    emulated
      ? (await unlessAbsent(sqs.send(new GetQueueUrlCommand({ QueueName: name }))))?.QueueUrl
      : queueAddress(place, name)

  const tagsAt = async (QueueUrl: string): Promise<Tags | undefined> => {
    const answer = await unlessAbsent(sqs.send(new ListQueueTagsCommand({ QueueUrl })))
    return answer && (answer.Tags ?? {})
  }

  const tagsOn = async (name: string) => {
    const address = await addressOf(name)
    return address === undefined ? undefined : tagsAt(address)
  }

  const create = async (resource: Resource, tags: Tags) => {
    const input = {
      QueueName: resource.name,
      Attributes: { ...attributesOf(resource), ...((resource.config as QueueConfig).fifo && { FifoQueue: 'true' }) },
      tags,
    }
    const made = await poll(`the name ${resource.name} to be free`, PACE, async () => {
      try {
        return (await sqs.send(new CreateQueueCommand(input))).QueueUrl
      } catch (error) {
        // QueueNameExists: made meanwhile, with other settings; what follows brings it to these.
        if (failedWith(error, 'QueueNameExists', 'QueueAlreadyExists')) return addressOf(resource.name)
        if (failedWith(error, 'QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently')) return undefined
        throw error
      }
    })
    if (made !== undefined) return made
    throw new AttakError('AWS_REFUSED', `queue ${resource.name} cannot be made yet`, 'Run the same again in a minute.')
  }

  const read = async (resource: Resource) => {
    const tags = await tagsOn(resource.name)
    return tags && found(scope, resource, queueArn(place, resource.name), tags)
  }

  return {
    read,
    tagsOf: tagsOn,

    async list() {
      const addresses = await queueAddresses(sqs, prefixOf(scope.topology, scope.stage, NAME_LIMITS.queue))
      return gather(addresses, async (address) => {
        const name = address.slice(address.lastIndexOf('/') + 1)
        const tags = await tagsAt(address)
        return tags && listed(scope, queueArn(place, name), name, tags)
      })
    },

    async inspect(resource) {
      const QueueUrl = await addressOf(resource.name)
      if (QueueUrl === undefined) return []
      const answer = await unlessAbsent(sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })))
      if (answer === undefined) return []
      const { visibilitySeconds, retentionSeconds, redrive } = resource.config as QueueConfig
      const live = answer.Attributes ?? {}
      const policy = JSON.parse(live.RedrivePolicy || '{}') as Record<string, unknown>
      return differing({
        visibilitySeconds: [visibilitySeconds, Number(answer.Attributes?.VisibilityTimeout)],
        retentionSeconds: [retentionSeconds, Number(answer.Attributes?.MessageRetentionPeriod)],
        redrive: [
          redrive,
          policy.deadLetterTargetArn === undefined
            ? undefined
            : { queue: policy.deadLetterTargetArn, received: Number(policy.maxReceiveCount) },
        ],
        ...Object.fromEntries(Object.entries(UNTOUCHED).map(([name, { found, made }]) => [name, [made, found(live)]])),
        throughput: (resource.config as QueueConfig).fifo
          ? ['messageGroup perMessageGroupId', `${live.DeduplicationScope} ${live.FifoThroughputLimit}`]
          : [undefined, undefined],
        tags: tagPair(scope, resource, (await tagsAt(QueueUrl)) ?? {}),
      })
    },

    async write(change) {
      const { resource, fingerprint } = change
      let live = await read(resource)
      const wanted = tagsOf(scope, resource, fingerprint)
      const made = live === undefined
      const QueueUrl = await (made ? create(resource, wanted) : addressOf(resource.name))
      if (QueueUrl === undefined) throw new Error(`${resource.id} went while it was written`)
      if (made) {
        // Whoever was first to make it, it has to be ours, and as wanted.
        live = await read(resource)
        if (live?.fingerprint === fingerprint) return
      }
      if (loosens(change, live)) await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: [TAGS.config] }))
      const Attributes = { ...attributesOf(resource), ...undone(change) }
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
      if (!made && changes(adopting(change, live), 'tags')) {
        const TagKeys = staleTags((await tagsAt(QueueUrl)) ?? {}, userTags(resource.config))
        if (TagKeys.length > 0) await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: [...TagKeys] }))
      }
      await sqs.send(new TagQueueCommand({ QueueUrl, Tags: wanted }))
    },

    async remove({ live: { name } }) {
      const QueueUrl = await addressOf(name)
      if (QueueUrl !== undefined) await unlessAbsent(sqs.send(new DeleteQueueCommand({ QueueUrl })))
    },

    async tag(resource, tags) {
      const set = Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const unset = Object.keys(tags).filter((key) => tags[key] === undefined)
      const address = await addressOf(resource.name)
      const put = async (QueueUrl: string) => {
        if (set.length > 0) await sqs.send(new TagQueueCommand({ QueueUrl, Tags: Object.fromEntries(set) }))
        if (unset.length > 0) await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: unset }))
        return true
      }
      if (address !== undefined && (await unlessAbsent(put(address)))) return
      if (set.length > 0) await put(await create(resource, tagsOf(scope, resource)))
    },
  }
}

/** Returns the addresses of all queues whose names start so. */
export function queueAddresses(sqs: SQSClient, QueueNamePrefix?: string): Promise<readonly string[]> {
  return pagesOf(async (NextToken) => {
    const page = await sqs.send(new ListQueuesCommand({ QueueNamePrefix, MaxResults: 1000, NextToken }))
    return { items: page.QueueUrls, next: page.NextToken }
  })
}

/** Where a queue is. Source: SQS guide, queue and message identifiers; AWS general reference, endpoints; read 2026-11-21. */
function queueAddress({ partition, region, account }: Place, name: string): string {
  return `https://sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/${account}/${name}`
}

/** What of a queue attak leaves as SQS makes it: as it is made, as it was found, and what brings it back. */
const UNTOUCHED: Readonly<
  Record<string, { readonly made: unknown; readonly found: (live: Attributes) => unknown; readonly back: Attributes }>
> = {
  delaySeconds: { made: 0, found: (live) => Number(live.DelaySeconds ?? 0), back: { DelaySeconds: '0' } },
  waitSeconds: {
    made: 0,
    found: (live) => Number(live.ReceiveMessageWaitTimeSeconds ?? 0),
    back: { ReceiveMessageWaitTimeSeconds: '0' },
  },
  policy: { made: '', found: (live) => live.Policy ?? '', back: { Policy: '' } },
  key: {
    made: '',
    found: (live) => live.KmsMasterKeyId ?? '',
    back: { KmsMasterKeyId: '', SqsManagedSseEnabled: 'true' },
  },
  redriveAllow: { made: '', found: (live) => live.RedriveAllowPolicy ?? '', back: { RedriveAllowPolicy: '' } },
  // Queues were made with 256 KiB until 2025, and are with 1 MiB since. Source: SQS API reference, CreateQueue, read 2026-11-28.
  messageBytes: {
    made: true,
    found: (live) => Number(live.MaximumMessageSize ?? 262_144) >= 262_144,
    back: { MaximumMessageSize: '1048576' },
  },
  deduplication: {
    made: false,
    found: (live) => live.ContentBasedDeduplication === 'true',
    back: { ContentBasedDeduplication: 'false' },
  },
}

/** What brings back those of a change's settings that were added by hand. */
function undone({ settings, resource }: Write): Attributes {
  const redrive = settings.includes('redrive') && (resource.config as QueueConfig).redrive === undefined
  return Object.assign(redrive ? { RedrivePolicy: '' } : {}, ...settings.map((name) => UNTOUCHED[name]?.back))
}

/** FIFO queues order and deduplicate by key, which is what lets them take many messages a second. */
function attributesOf(resource: Resource): Attributes {
  const { fifo, visibilitySeconds, retentionSeconds, redrive } = resource.config as QueueConfig
  return {
    VisibilityTimeout: String(visibilitySeconds),
    MessageRetentionPeriod: String(retentionSeconds),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: redrive.queue, maxReceiveCount: redrive.received }),
    }),
    ...(fifo && { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }),
  }
}
