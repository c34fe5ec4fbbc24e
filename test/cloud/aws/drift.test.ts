import { PutRetentionPolicyCommand, TagResourceCommand as TagLogs } from '@aws-sdk/client-cloudwatch-logs'
import { AttachRolePolicyCommand, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { IncreaseStreamRetentionPeriodCommand, StartStreamEncryptionCommand } from '@aws-sdk/client-kinesis'
import {
  ListEventSourceMappingsCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Aws } from '../../../src/clouds/aws/open.ts'
import { graphOf } from '../../contract/graph.ts'
import { openEmulator, stageOf } from '../stage.ts'

const noop = () => {}
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
})
const ANY = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] })

interface Edit {
  readonly id: string
  readonly drift: string
  readonly edit: (aws: Aws, name: string) => Promise<unknown>
}

const mappingOf = async ({ clients }: Aws, FunctionName: string) =>
  (await clients.lambda.send(new ListEventSourceMappingsCommand({ FunctionName }))).EventSourceMappings![0]!.UUID!
const urlOf = async ({ clients }: Aws, QueueName: string) =>
  (await clients.sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl!

const EDITS: readonly Edit[] = [
  {
    id: 'role/a',
    drift: 'attachedPolicies',
    edit: ({ clients }, RoleName) =>
      clients.iam.send(
        new AttachRolePolicyCommand({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
      ),
  },
  {
    id: 'role/a',
    drift: 'otherPolicies',
    edit: ({ clients }, RoleName) =>
      clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'extra', PolicyDocument: ANY })),
  },
  {
    id: 'role/a',
    drift: 'policy',
    edit: ({ clients }, RoleName) =>
      clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'attak', PolicyDocument: ANY })),
  },
  {
    id: 'role/a',
    drift: 'trust',
    edit: ({ clients }, RoleName) =>
      clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST })),
  },
  {
    id: 'function/a',
    drift: 'memory',
    edit: ({ clients }, FunctionName) =>
      clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 1024 })),
  },
  {
    id: 'function/a',
    drift: 'environment',
    edit: ({ clients }, FunctionName) =>
      clients.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: { EXTRA: 'x' } } }),
      ),
  },
  {
    id: 'function/a',
    drift: 'description',
    edit: ({ clients }, FunctionName) =>
      clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: 'by hand' })),
  },
  {
    id: 'function/a',
    drift: 'storage',
    edit: ({ clients }, FunctionName) =>
      clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, EphemeralStorage: { Size: 1024 } })),
  },
  {
    id: 'function/a',
    drift: 'concurrency',
    edit: ({ clients }, FunctionName) =>
      clients.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 3 })),
  },
  {
    id: 'function/a',
    drift: 'asynchronousRetries',
    edit: async ({ clients, place }, FunctionName) =>
      clients.lambda.send(
        new PutFunctionEventInvokeConfigCommand({
          FunctionName,
          MaximumRetryAttempts: 2,
          DestinationConfig: {
            OnFailure: { Destination: `arn:aws:sqs:${place.region}:${place.account}:drifting--dev--_crashes` },
          },
        }),
      ),
  },
  {
    id: 'function/a',
    drift: 'tags',
    edit: ({ clients, place }, name) =>
      clients.lambda.send(
        new TagResourceCommand({
          Resource: `arn:aws:lambda:${place.region}:${place.account}:function:${name}`,
          Tags: { owner: 'hand' },
        }),
      ),
  },
  {
    id: 'mapping/b/b',
    drift: 'enabled',
    edit: async (aws) =>
      aws.clients.lambda.send(
        new UpdateEventSourceMappingCommand({ UUID: await mappingOf(aws, 'drifting--dev--b'), Enabled: false }),
      ),
  },
  {
    id: 'mapping/b/b',
    drift: 'batchRecords',
    edit: async (aws) =>
      aws.clients.lambda.send(
        new UpdateEventSourceMappingCommand({ UUID: await mappingOf(aws, 'drifting--dev--b'), BatchSize: 7 }),
      ),
  },
  {
    id: 'queue/_crashes',
    drift: 'delaySeconds',
    edit: async (aws, name) =>
      aws.clients.sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: await urlOf(aws, name), Attributes: { DelaySeconds: '60' } }),
      ),
  },
  {
    id: 'queue/_crashes',
    drift: 'policy',
    edit: async (aws, name) =>
      aws.clients.sqs.send(
        new SetQueueAttributesCommand({
          QueueUrl: await urlOf(aws, name),
          Attributes: {
            Policy: JSON.stringify({
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Principal: '*',
                  Action: 'sqs:SendMessage',
                  Resource: `arn:aws:sqs:${aws.place.region}:${aws.place.account}:${name}`,
                },
              ],
            }),
          },
        }),
      ),
  },
  {
    id: 'stream/b',
    drift: 'retentionHours',
    edit: ({ clients }, StreamName) =>
      clients.kinesis.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 100 })),
  },
  {
    id: 'stream/b',
    drift: 'encryption',
    edit: ({ clients }, StreamName) =>
      clients.kinesis.send(
        new StartStreamEncryptionCommand({ StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }),
      ),
  },
  {
    id: 'logs/a',
    drift: 'retentionDays',
    edit: ({ clients }, logGroupName) =>
      clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 365 })),
  },
  {
    id: 'logs/a',
    drift: 'tags',
    edit: ({ clients, place }, name) =>
      clients.logs.send(
        new TagLogs({
          resourceArn: `arn:aws:logs:${place.region}:${place.account}:log-group:${name}`,
          tags: { owner: 'hand' },
        }),
      ),
  },
]

/** Whether an emulator can do such a change: moto has no recursion settings of functions, and no policies of AWS. */
const KNOWS: Readonly<Record<'ministack' | 'moto', (edit: Edit) => boolean>> = {
  ministack: () => true,
  moto: ({ id, drift }) => !id.startsWith('function/') && drift !== 'attachedPolicies',
}

describe.each(Object.keys(KNOWS) as (keyof typeof KNOWS)[])('what was changed by hand, on %s', (emulator) => {
  let aws: Aws
  let stage: Awaited<ReturnType<typeof stageOf>>
  beforeAll(async () => {
    aws = await openEmulator(inject(emulator))
    stage = await stageOf(
      aws,
      graphOf({ name: 'drifting', processors: { a: noop, b: noop }, streams: [{ from: 'a', to: 'b', shards: 1 }] }),
    )
    await stage.deploy()
  })
  afterAll(async () => {
    await stage.destroy()
    aws.close()
  })

  it.each(EDITS.filter(KNOWS[emulator]))('$id: $drift is found and undone', async ({ id, drift, edit }) => {
    const resource = stage.wanted.find((one) => one.id === id)!
    const inspected = async () => stage.cloud.inspect!(resource, (await stage.cloud.read(resource))!)
    expect(await inspected()).toEqual([])
    await edit(aws, resource.name)
    expect(await inspected()).toContain(drift)
    const plan = await stage.deploy({ refresh: true })
    expect(plan.changes.map((change) => [change.id, change.reason])).toEqual([
      [id, expect.stringMatching(new RegExp(`^changed by hand: .*${drift}`))],
    ])
    expect(await inspected()).toEqual([])
  })
})
