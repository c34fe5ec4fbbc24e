import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListRolesCommand } from '@aws-sdk/client-iam'
import { ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { openEmulator } from './stage.ts'

/** All that is on an emulator with a name that begins so, asked for without attak's listing: `function hello--dev--spout`. */
export async function everythingOf(endpoint: string, prefix: string): Promise<readonly string[]> {
  const { clients, close } = await openEmulator(endpoint, 'us-east-1')
  const { lambda, kinesis, sqs, iam, logs } = clients
  const dynamodb = await clients.dynamodb()
  const answers = await Promise.all([
    lambda.send(new ListFunctionsCommand({ MaxItems: 10_000 })),
    lambda.send(new ListEventSourceMappingsCommand({ MaxItems: 10_000 })),
    kinesis.send(new ListStreamsCommand({ Limit: 10_000 })),
    sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1_000 })),
    iam.send(new ListRolesCommand({ MaxItems: 1_000 })),
    logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: `/aws/lambda/${prefix}` })),
    dynamodb.send(new ListTablesCommand({})),
  ])
  close()
  const [functions, mappings, streams, queues, roles, groups, tables] = answers
  const named: readonly (readonly [string, string | undefined])[] = [
    ...(functions.Functions ?? []).map(({ FunctionName }) => ['function', FunctionName] as const),
    ...(mappings.EventSourceMappings ?? []).map(
      ({ FunctionArn, EventSourceArn }) => ['mapping', `${lastOf(FunctionArn)} ${lastOf(EventSourceArn)}`] as const,
    ),
    ...(streams.StreamNames ?? []).map((name) => ['stream', name] as const),
    ...(queues.QueueUrls ?? []).map((url) => ['queue', lastOf(url)] as const),
    ...(roles.Roles ?? []).map(({ RoleName }) => ['role', RoleName] as const),
    ...(tables.TableNames ?? []).map((name) => ['table', name] as const),
    ...(groups.logGroups ?? []).map(({ logGroupName }) => ['logs', lastOf(logGroupName)] as const),
  ]
  return named.flatMap(([kind, name]) => (name?.startsWith(prefix) ? [`${kind} ${name}`] : [])).sort()
}

function lastOf(text = ''): string {
  return text.split(/[/:]/).at(-1)!
}
