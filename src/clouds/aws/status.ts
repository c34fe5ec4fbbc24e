import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis'
import {
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda'
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import type { MappingConfig } from '../../aws/resources.ts'
import { gather } from '../../aws/sdk.ts'
import type { ResourceStatus } from '../../deploy/cloud.ts'
import type { CloudResources } from '../../deploy/resources.ts'
import { AttakError } from '../../errors.ts'
import type { LiveResource, Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import type { Account } from './kind.ts'

/**
 * Asks every resource of a stage how it is, some at a time: those that are wanted in their order, then what is left over.
 * What bears the name of one and is not of this stage is `not ours`.
 */
export async function readStatus(
  account: Reached,
  wanted: readonly Resource[],
  cloud: Pick<CloudResources, 'list' | 'read'>,
): Promise<readonly ResourceStatus[]> {
  const [live, statuses] = await Promise.all([
    cloud.list('quick'),
    gather(wanted, (resource) => statusOf(account, resource)),
  ])
  const listed = new Set(live.map(keyOf))
  const read = await gather(wanted, async (resource, index) => {
    const isKnown = listed.has(keyOf(resource)) || statuses[index] === ABSENT
    return told(resource, isKnown || (await isOurs(cloud, resource)) ? statuses[index]! : NOT_OURS)
  })
  const known = new Set(wanted.map(keyOf))
  return [...read, ...live.filter((one) => !known.has(keyOf(one))).map((one) => told(one, LEFT_OVER))]
}

/** Asks everything that is live of a stage how it is, without knowing what its topology wants. */
export async function readLiveStatus(
  account: Reached,
  cloud: Pick<CloudResources, 'list'>,
): Promise<readonly ResourceStatus[]> {
  return gather(await cloud.list('thorough'), async (one) => told(one, await statusOf(account, { ...one, config: {} })))
}

async function statusOf(account: Reached, resource: Asked): Promise<Status> {
  const read = READERS[resource.kind]
  return read === undefined ? THERE : ((await unlessAbsent(read(account, resource))) ?? ABSENT)
}

function told({ id, kind, name, processor }: Omit<Asked, 'config'>, status: Status): ResourceStatus {
  return { id, kind, name, ...(processor !== undefined && { processor }), wanted: status !== LEFT_OVER, ...status }
}

/** Asks of a thing itself: a listing may lag behind. */
async function isOurs(cloud: Pick<CloudResources, 'read'>, resource: Resource): Promise<boolean> {
  try {
    await cloud.read(resource)
    return true
  } catch (error) {
    if (error instanceof AttakError && error.code === 'RESOURCE_NOT_OURS') return false
    throw error
  }
}

function keyOf({ kind, name }: Pick<Resource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/** What asking works with. */
type Reached = Pick<Account, 'scope' | 'place' | 'clients'>

/** A resource by its name; a mapping is known by what it joins, or by its address. */
type Asked = Pick<Resource, 'id' | 'kind' | 'name' | 'config' | 'processor'> & Partial<Pick<LiveResource, 'address'>>

type Status = Pick<ResourceStatus, 'state' | 'fine' | 'details'>

const THERE: Status = { state: 'there', fine: true, details: {} }
const ABSENT: Status = { state: 'absent', fine: false, details: {} }
const NOT_OURS: Status = { state: 'not ours', fine: false, details: {} }
const LEFT_OVER: Status = { state: 'left over', fine: true, details: {} }

const READERS: Readonly<Record<string, (account: Reached, resource: Asked) => Promise<Status>>> = {
  async function({ clients }, { name }) {
    const found = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))
    const { State = 'unknown', LastUpdateStatus, StateReason, Runtime, MemorySize, CodeSize, LastModified } = found
    const fine = (State === 'Active' || State === 'Inactive') && LastUpdateStatus !== 'Failed'
    const details = { runtime: Runtime, memoryMb: MemorySize, codeBytes: CodeSize, lastModified: LastModified }
    return { state: State, fine, details: given({ ...details, reason: StateReason, lastUpdate: LastUpdateStatus }) }
  },
  async stream({ clients }, { name }) {
    const found = await clients.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: name }))
    const { StreamStatus, OpenShardCount, RetentionPeriodHours, StreamModeDetails } = found.StreamDescriptionSummary!
    const details = {
      shards: OpenShardCount,
      retentionHours: RetentionPeriodHours,
      mode: StreamModeDetails?.StreamMode,
    }
    return { state: StreamStatus ?? 'unknown', fine: StreamStatus === 'ACTIVE', details: given(details) }
  },
  async queue({ clients }, { name }) {
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: name }))
    const found = await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    const countOf = (name: 'ApproximateNumberOfMessages' | `ApproximateNumberOfMessages${'NotVisible' | 'Delayed'}`) =>
      Number(found.Attributes?.[name] ?? 0)
    const details = {
      messages: countOf('ApproximateNumberOfMessages'),
      running: countOf('ApproximateNumberOfMessagesNotVisible'),
      delayed: countOf('ApproximateNumberOfMessagesDelayed'),
    }
    return { state: 'there', fine: true, details }
  },
  async table({ clients }, { name }) {
    const { DescribeTableCommand } = await import('./dynamodb-sdk.ts')
    const { Table } = await (await clients.dynamodb()).send(new DescribeTableCommand({ TableName: name }))
    const { TableStatus = 'unknown', ItemCount } = Table ?? {}
    return { state: TableStatus, fine: TableStatus === 'ACTIVE', details: given({ items: ItemCount }) }
  },
  async mapping({ clients }, { config, address }) {
    const found = await mappingAt(clients, config as MappingConfig, address)
    if (found === undefined) return ABSENT
    const { State = 'unknown', StateTransitionReason, LastProcessingResult, BatchSize } = found
    const reason = /^USER_INITIATED$|^User action$/i.test(StateTransitionReason ?? '')
      ? undefined
      : StateTransitionReason
    const details = { batch: BatchSize, lastResult: LastProcessingResult, reason }
    const failing = LastProcessingResult?.startsWith('PROBLEM') === true
    return { state: State, fine: State === 'Enabled' && !failing, details: given(details) }
  },
  async role({ clients }, { name }) {
    const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName: name }))
    return { ...THERE, details: given({ lastUsed: Role?.RoleLastUsed?.LastUsedDate?.toISOString() }) }
  },
  async logs({ clients }, { name }) {
    const found = await clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }))
    const group = found.logGroups?.find(({ logGroupName }) => logGroupName === name)
    if (group === undefined) return ABSENT
    return { ...THERE, details: given({ storedBytes: group.storedBytes, retentionDays: group.retentionInDays }) }
  },
}

async function mappingAt({ lambda }: Reached['clients'], config: MappingConfig, address: string | undefined) {
  if (address !== undefined) {
    const UUID = address.slice(address.lastIndexOf(':') + 1)
    return unlessAbsent(lambda.send(new GetEventSourceMappingCommand({ UUID })))
  }
  const { function: FunctionName, source: EventSourceArn } = config
  const page = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName, EventSourceArn }))
  return page.EventSourceMappings?.[0]
}

function given(details: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  const entries = Object.entries(details).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== '',
  )
  return Object.fromEntries(entries)
}
