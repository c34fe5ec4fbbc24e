import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis'
import { GetFunctionConfigurationCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import type { MappingConfig } from '../../aws/resources.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, gather } from './kind.ts'

/** How a resource is. */
export interface ResourceStatus extends Pick<Resource, 'id' | 'kind' | 'name'> {
  readonly processor?: string
  /** In the words of its service: `Active`, `ACTIVE`, `Enabled`; `absent` where there is nothing. */
  readonly state: string
  /** Whether that state is one in which it works. */
  readonly fine: boolean
  /** What else there is to know, by name: `{ messages: 3 }`. */
  readonly details: Readonly<Record<string, string | number>>
}

/** Asks every resource how it is, some at a time; in the order of `resources`. */
export function readStatus(account: Reached, resources: readonly Resource[]): Promise<readonly ResourceStatus[]> {
  return gather(resources, async (resource) => {
    const { id, kind, name, processor } = resource
    const read = READERS[kind]
    const status = read === undefined ? THERE : ((await unlessAbsent(read(account, resource))) ?? ABSENT)
    return { id, kind, name, ...(processor !== undefined && { processor }), ...status }
  })
}

/** What asking works with. */
type Reached = Pick<Account, 'scope' | 'place' | 'clients'>

type Status = Pick<ResourceStatus, 'state' | 'fine' | 'details'>

const THERE: Status = { state: 'there', fine: true, details: {} }
const ABSENT: Status = { state: 'absent', fine: false, details: {} }

const READERS: Readonly<Record<string, (account: Reached, resource: Resource) => Promise<Status>>> = {
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
  async mapping({ clients }, { config }) {
    const { function: FunctionName, source: EventSourceArn } = config as MappingConfig
    const page = await clients.lambda.send(new ListEventSourceMappingsCommand({ FunctionName, EventSourceArn }))
    const [found] = page.EventSourceMappings ?? []
    if (found === undefined) return ABSENT
    const { State = 'unknown', StateTransitionReason, LastProcessingResult, BatchSize } = found
    const details = { batch: BatchSize, lastResult: LastProcessingResult, reason: StateTransitionReason }
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

function given(details: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  const entries = Object.entries(details).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== '',
  )
  return Object.fromEntries(entries)
}
