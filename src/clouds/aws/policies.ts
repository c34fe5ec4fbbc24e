import type { AwsCarrier } from '../../aws/carrier.ts'
import {
  functionArn,
  functionName,
  logGroupName,
  NAME_LIMITS,
  type Place,
  queueArn,
  queueName,
  streamArn,
  tableArn,
} from '../../aws/names.ts'
import { type Allowed, actions, type StoreAccess } from '../../aws/resources.ts'
import { CARRIERS } from '../../carriers/table.ts'
import type { Graph, GraphChannel, GraphProcessor } from '../../graph/graph.ts'
import { CRASHES_PART, prefixOf, retryPart } from '../../graph/names.ts'
import type { JsonObject } from '../../graph/resource.ts'
import { retryViaOf } from '../../graph/retry-via.ts'
import { dynamodbAccess, handledAccess, stateAccess } from '../../stores/dynamodb/resources.ts'
import { s3Access } from '../../stores/s3/resources.ts'
import { LOOKING as LOOKING_AT_QUEUES, sqsAccess } from '../../stores/sqs/resources.ts'
import { rolePath } from './names.ts'

/** A policy of IAM. */
export type Policy = { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] }

/** One thing that a policy allows. */
export type Statement = {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: JsonObject
}

/** Source: AWS managed policy AWSLambdaVPCAccessExecutionRole, read 2026-11-21; none of them can be held to one network. */
const NETWORKING = actions(
  'ec2',
  `AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets
  UnassignPrivateIpAddresses`,
)

/**
 * Returns the permissions of each processor's function, by name: exactly the actions that its streams need, on exactly
 * those.
 */
export function processorPolicies(graph: Graph, place: Place): Readonly<Record<string, Policy>> {
  return Object.fromEntries(
    graph.processors.map((processor) => [processor.name, processorPolicy(graph, processor, place)]),
  )
}

type Carried = Pick<GraphChannel, 'name' | 'fifo' | 'via'>

/** Returns the permissions of one processor's function. */
export function processorPolicy(graph: Graph, processor: GraphProcessor, place: Place): Policy {
  const scope = { topology: graph.name, stage: graph.stage }
  const { name, invokes, vpc, idempotent, retryQueue, state } = processor
  const heard = graph.channels.filter((channel) => channel.to.includes(name))
  const sentTo = new Set(graph.streams.filter(({ from }) => from === name).map(({ channel }) => channel))
  const sent = graph.channels.filter((channel) => sentTo.has(channel.name))
  const crashes = queueArn(place, queueName(scope, CRASHES_PART, { fifo: false }))
  const retries = retryQueue ? [{ name: retryPart(name), fifo: false, via: retryViaOf(graph, name) }] : []
  const allowChannels = (sid: string, does: keyof AwsCarrier['actions'], channels: readonly Carried[]) =>
    Object.values(CARRIERS).map(({ name: via, actions, addressOf }) => {
      const own = [...channels, ...retries].filter((channel) => channel.via === via)
      const on = own.map((channel) => addressOf(place, scope, channel))
      return allow(`${sid}${via[0]!.toUpperCase()}${via.slice(1)}`, actions[does], on)
    })
  const logs = `arn:${place.partition}:logs:${place.region}:${place.account}:log-group:${logGroupName(scope, name)}:*`
  return policyOf([
    allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], [logs]),
    allow('TellCrashes', ['sqs:SendMessage'], [crashes]),
    ...allowChannels('Hear', 'receive', heard),
    allowAll('KeepErrors', storeAccess(graph, place).keep),
    idempotent && allowAll('RememberHandled', handledAccess(scope, place)),
    state && allowAll('KeepState', stateAccess(scope, place)),
    ...allowChannels('Emit', 'send', sent),
    allow(
      'Invoke',
      ['lambda:InvokeFunction'],
      invokes.map((other) => functionArn(place, functionName(scope, other))),
    ),
    allow('JoinNetwork', NETWORKING, vpc === undefined ? [] : ['*']),
  ])
}

/**
 * Returns the permissions to deploy, trigger, watch and destroy this stage, and to manage its errors: actions on
 * resources with its name, and actions that AWS does not limit to a resource. The account and the region may be `*` if
 * they are not known yet. `role` is the role of processors that name none.
 */
export function deployerPolicy(graph: Graph, place: Place, role?: string): Policy {
  const { name: topology, stage } = graph
  const scope = { topology, stage }
  const { partition, region, account } = place
  const under = (limit: number) => `${prefixOf(topology, stage, limit)}*`
  const own = {
    functions: functionArn(place, under(NAME_LIMITS.function)),
    mappings: `arn:${partition}:lambda:${region}:${account}:event-source-mapping:*`,
    streams: streamArn(place, under(NAME_LIMITS.stream)),
    queues: queueArn(place, under(NAME_LIMITS.queue)),
    tables: tableArn(place, under(NAME_LIMITS.table)),
    logs: `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${under(NAME_LIMITS.function)}`,
    roles: `arn:${partition}:iam::${account}:role${rolePath(scope, place)}*`,
  }
  const given = graph.processors.flatMap((processor) => processor.role ?? role ?? [])
  const network = graph.processors.some(({ vpc }) => vpc !== undefined)
  return policyOf([
    allow('Look', [...LOOKING, ...(network ? LOOKING_AT_NETWORKS : [])], ['*']),
    allow('Functions', FUNCTIONS, [own.functions]),
    allow('Mappings', MAPPINGS, [own.mappings]),
    allow('MakeMappings', ['lambda:CreateEventSourceMapping'], ['*'], {
      ArnLike: { 'lambda:FunctionArn': own.functions },
    }),
    allow('Streams', STREAMS, [own.streams]),
    allow('Queues', QUEUES, [own.queues]),
    allow('Tables', TABLES, [own.tables]),
    ...storeAccess(graph, place).look.map((allowed, index) => allowAll(`Errors${index + 1}`, allowed)),
    allow('Logs', LOGS, [own.logs, `${own.logs}:*`]),
    allow('Roles', ROLES, [own.roles]),
    allow('PassRoles', ['iam:GetRole', 'iam:PassRole'], [...new Set([own.roles, ...given])]),
  ])
}

const LOOKING = [
  ...['dynamodb:ListTables', 'iam:ListRoles'],
  ...actions('kinesis', 'DescribeLimits ListStreams'),
  ...actions('lambda', 'GetAccountSettings ListEventSourceMappings ListFunctions'),
  ...['logs:DescribeLogGroups', 'sqs:ListQueues', 'tag:GetResources'],
]
const LOOKING_AT_NETWORKS = actions('ec2', 'DescribeSecurityGroups DescribeSubnets DescribeVpcs')
const FUNCTIONS = actions(
  'lambda',
  `CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction GetFunctionConfiguration
  GetFunctionEventInvokeConfig GetFunctionRecursionConfig InvokeFunction ListTags
  PutFunctionConcurrency PutFunctionEventInvokeConfig PutFunctionRecursionConfig TagResource
  UntagResource UpdateFunctionCode UpdateFunctionConfiguration`,
)
const MAPPINGS = actions(
  'lambda',
  'DeleteEventSourceMapping GetEventSourceMapping ListTags TagResource UntagResource UpdateEventSourceMapping',
)
const STREAMS = actions(
  'kinesis',
  `AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStreamSummary
  IncreaseStreamRetentionPeriod ListTagsForStream RemoveTagsFromStream UpdateShardCount DisableEnhancedMonitoring
  StopStreamEncryption UpdateStreamMode GetRecords GetShardIterator ListShards`,
)
const QUEUES = [
  ...actions('sqs', 'CreateQueue DeleteQueue ListQueueTags SetQueueAttributes TagQueue UntagQueue'),
  ...LOOKING_AT_QUEUES,
]
const TABLES = actions(
  'dynamodb',
  `CreateTable DeleteTable DescribeTable DescribeTimeToLive ListTagsOfResource TagResource UntagResource UpdateTable
  UpdateTimeToLive`,
)
const LOGS = actions(
  'logs',
  `CreateLogGroup DeleteLogGroup DisassociateKmsKey FilterLogEvents ListTagsForResource PutRetentionPolicy TagResource
  UntagResource`,
)
const ROLES = actions(
  'iam',
  `CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRolePolicy
  ListAttachedRolePolicies ListRolePolicies PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole`,
)

/** Returns the permissions for the store of `errors`. */
function storeAccess({ name: topology, stage, errors }: Graph, place: Place): StoreAccess {
  const scope = { topology, stage }
  if (errors.store === 'dynamodb') return dynamodbAccess(scope, place)
  return errors.store === 's3' ? s3Access(scope, errors, place) : sqsAccess(scope, errors, place)
}

function allowAll(Sid: string, { actions, on }: Allowed): Statement | undefined {
  return allow(Sid, actions, on)
}

function policyOf(statements: readonly (Statement | undefined)[]): Policy {
  return { Version: '2012-10-17', Statement: statements.filter((statement) => statement !== undefined) }
}

function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: JsonObject,
): Statement | undefined {
  if (Resource.length === 0) return undefined
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) }
}
