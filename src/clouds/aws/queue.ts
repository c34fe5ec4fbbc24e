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
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, type Kind, kindOf, type Pairs, type Status, statusOf } from './kind.ts'
import { type Seen, type Tags, tagPair, tagsOf } from './tags.ts'
import { retry } from './waits.ts'

type Attributes = Partial<Record<QueueAttributeName, string>>

/** A name is free 60 seconds after its queue was removed. Source: SQS API reference, CreateQueue, read 2026-11-21. */
const PACE = { firstMs: 2_000, maxMs: 10_000, withinMs: 150_000 }

/** The result of {@link queues}: the kind, and the marks of a stage. */
export interface Queues extends Kind {
  /** Returns the current tags of a queue; undefined if it does not exist. */
  tagsOf(name: string): Promise<Tags | undefined>
  /** Puts a tag on a queue, or takes it off; makes the queue, half-made, if there is none to put it on. */
  mark(resource: Resource, key: string, text: string | undefined): Promise<void>
}

/** SQS queues: one call makes one with all its settings and tags. */
export function queues({ scope, place, emulated, clients: { sqs } }: Account): Queues {
  const at = async <T>(name: string, send: (QueueUrl: string) => Promise<T>): Promise<T> =>
    send(emulated ? (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl! : queueAddress(place, name))
  const attributesAt = (QueueUrl: string) =>
    sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  const tagsAt = (QueueUrl: string) => sqs.send(new ListQueueTagsCommand({ QueueUrl }))
  const seen = async (name: string, asked: ReturnType<typeof tagsAt>): Promise<Seen | undefined> => {
    const answer = await unlessAbsent(asked)
    return answer && { name, address: queueArn(place, name), tags: answer.Tags ?? {} }
  }
  const see = (name: string) => seen(name, at(name, tagsAt))
  const untag = (name: string, TagKeys: string[]) =>
    at(name, (QueueUrl) => sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys })))
  const tag = (name: string, Tags: Tags) => at(name, (QueueUrl) => sqs.send(new TagQueueCommand({ QueueUrl, Tags })))
  const kind = kindOf(scope, {
    find: ({ name }) => see(name),
    async list() {
      const addresses = await queueAddresses(sqs, prefixOf(scope.topology, scope.stage, NAME_LIMITS.queue))
      return gather(addresses, (url) => seen(url.slice(url.lastIndexOf('/') + 1), tagsAt(url)))
    },
    async compare(resource) {
      const answer = await unlessAbsent(at(resource.name, attributesAt))
      if (answer === undefined) return undefined
      const tags = (await see(resource.name))?.tags ?? {}
      return {
        ...pairsOf(resource.config as QueueConfig, answer.Attributes ?? {}),
        tags: tagPair(scope, resource, tags),
      }
    },
    status: async ({ name }) => statusIn((await at(name, attributesAt)).Attributes),
    async create({ resource, fingerprint }) {
      await create(sqs, resource, tagsOf(scope, resource, fingerprint))
      return 'unsure'
    },
    async update({ resource, planned }) {
      const Attributes = { ...attributesOf(resource), ...undone(resource, planned) }
      await at(resource.name, (QueueUrl) => sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })))
    },
    tag: ({ resource: { name } }, tags) => tag(name, tags),
    untag: ({ name }, keys) => untag(name, keys),
    async remove({ name }) {
      await at(name, (QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl })))
      return true
    },
  })
  return {
    ...kind,
    tagsOf: async (name) => (await see(name))?.tags,
    async mark(resource, key, text) {
      const { name } = resource
      const put = () => (text === undefined ? untag(name, [key]) : tag(name, { [key]: text }))
      if ((await unlessAbsent(put())) !== undefined || text === undefined) return
      await create(sqs, resource, tagsOf(scope, resource))
      await put()
    },
  }
}

function statusIn(attributes: Attributes = {}): Status {
  const { ApproximateNumberOfMessages: messages = 0, ...others } = attributes
  const { ApproximateNumberOfMessagesNotVisible: running = 0, ApproximateNumberOfMessagesDelayed: delayed = 0 } = others
  return statusOf('there', true, { messages: Number(messages), running: Number(running), delayed: Number(delayed) })
}

/** Makes a queue, or leaves as it is what has its name. */
async function create(sqs: SQSClient, resource: Resource, tags: Tags): Promise<void> {
  const { fifo } = resource.config as QueueConfig
  const Attributes = { ...attributesOf(resource), ...(fifo && { FifoQueue: 'true' }) }
  const isGoing = (error: unknown) =>
    failedWith(error, 'QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently')
  await retry(`the name ${resource.name} to be free`, PACE, isGoing, async () => {
    try {
      await sqs.send(new CreateQueueCommand({ QueueName: resource.name, Attributes, tags }))
    } catch (error) {
      // Made meanwhile, with other settings; the next calls change them.
      if (!failedWith(error, 'QueueNameExists', 'QueueAlreadyExists')) throw error
    }
  })
}

function pairsOf({ fifo, visibilitySeconds, retentionSeconds, redrive }: QueueConfig, live: Attributes): Pairs {
  const policy = JSON.parse(live.RedrivePolicy || '{}') as Readonly<Record<string, unknown>>
  const { deadLetterTargetArn: queue, maxReceiveCount } = policy
  return {
    visibilitySeconds: [visibilitySeconds, Number(live.VisibilityTimeout)],
    retentionSeconds: [retentionSeconds, Number(live.MessageRetentionPeriod)],
    redrive: [redrive, queue === undefined ? undefined : { queue, received: Number(maxReceiveCount) }],
    ...Object.fromEntries(
      Object.entries(UNTOUCHED).map(([name, [attribute, made]]) => [name, [made, live[attribute] ?? made]]),
    ),
    // Queues were made with 256 KiB until 2025, and are with 1 MiB since. Source: SQS API reference, CreateQueue, read 2026-11-28.
    messageBytes: [true, Number(live.MaximumMessageSize ?? 262_144) >= 262_144],
    ...(fifo && {
      throughput: ['messageGroup perMessageGroupId', `${live.DeduplicationScope} ${live.FifoThroughputLimit}`],
    }),
  }
}

/** Returns the addresses of all queues whose names start so. */
export function queueAddresses(sqs: SQSClient, QueueNamePrefix?: string): Promise<readonly string[]> {
  return pagesOf(async (NextToken) => {
    const page = await sqs.send(new ListQueuesCommand({ QueueNamePrefix, MaxResults: 1000, NextToken }))
    return { items: page.QueueUrls, next: page.NextToken }
  })
}

/**
 * Returns the address of a queue. Source: SQS guide, queue and message identifiers; AWS general reference, endpoints;
 * read 2026-11-21.
 */
function queueAddress({ partition, region, account }: Place, name: string): string {
  return `https://sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/${account}/${name}`
}

/** Attributes that attak leaves at SQS's default: the attribute, and the default, by setting. */
const UNTOUCHED: Readonly<Record<string, readonly [attribute: QueueAttributeName, made: string]>> = {
  delaySeconds: ['DelaySeconds', '0'],
  waitSeconds: ['ReceiveMessageWaitTimeSeconds', '0'],
  policy: ['Policy', ''],
  key: ['KmsMasterKeyId', ''],
  redriveAllow: ['RedriveAllowPolicy', ''],
  deduplication: ['ContentBasedDeduplication', 'false'],
}

/** Returns what brings back those of the settings that were added by hand. */
function undone({ config }: Resource, settings: readonly string[]): Attributes {
  const redrive = settings.includes('redrive') && (config as QueueConfig).redrive === undefined
  const back = settings.flatMap((setting) => (UNTOUCHED[setting] === undefined ? [] : [UNTOUCHED[setting]]))
  return {
    ...(redrive && { RedrivePolicy: '' }),
    ...Object.fromEntries(back),
    ...(settings.includes('messageBytes') && { MaximumMessageSize: '1048576' }),
    ...(settings.includes('key') && { SqsManagedSseEnabled: 'true' }),
  }
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
