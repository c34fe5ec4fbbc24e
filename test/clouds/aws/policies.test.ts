import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deployerPolicy, type Policy, processorPolicies } from '../../../src/clouds/aws/policies.ts'
import { wantedResources } from '../../../src/clouds/aws/wanted.ts'
import type { Graph } from '../../../src/graph/graph.ts'
import { graphOf } from '../../contract/graph.ts'
import { anyGraph, artifactsOf, PLACE } from './graphs.ts'

const REGION = 'eu-west-1:123456789012'

/** Every `action resource` that a policy allows. */
function allowed({ Statement }: Policy): readonly string[] {
  return Statement.flatMap(({ Action, Resource }) =>
    Action.flatMap((action) => Resource.map((resource) => `${action} ${resource}`)),
  ).sort()
}

/** What the function of a processor calls, and Lambda on its behalf, taken only from the graph's edges. */
function needed(graph: Graph, name: string): readonly string[] {
  const pairs = new Set([
    `logs:CreateLogStream arn:aws:logs:${REGION}:log-group:/aws/lambda/any--dev--${name}:*`,
    `logs:PutLogEvents arn:aws:logs:${REGION}:log-group:/aws/lambda/any--dev--${name}:*`,
    `sqs:SendMessage arn:aws:sqs:${REGION}:any--dev--_crashes`,
    graph.errors.store === 'sqs'
      ? `sqs:SendMessage arn:aws:sqs:${REGION}:any--dev--_errors`
      : `dynamodb:PutItem arn:aws:dynamodb:${REGION}:table/any--dev--_errors`,
  ])
  for (const { from, to, via, fifo, channel } of graph.streams) {
    const queue = `arn:aws:sqs:${REGION}:any--dev--${channel}${fifo ? '.fifo' : ''}`
    const stream = `arn:aws:kinesis:${REGION}:stream/any--dev--${channel}`
    if (from === name) pairs.add(via === 'sqs' ? `sqs:SendMessage ${queue}` : `kinesis:PutRecords ${stream}`)
    if (to !== name) continue
    const reads =
      via === 'sqs'
        ? ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
        : [
            'DescribeStream',
            'DescribeStreamSummary',
            'GetRecords',
            'GetShardIterator',
            'ListShards',
            'ListStreams',
            'SubscribeToShard',
          ].map((action) => `kinesis:${action}`)
    for (const action of reads) pairs.add(`${action} ${via === 'sqs' ? queue : stream}`)
  }
  const processor = graph.processors.find((one) => one.name === name)!
  if (processor.retryQueue) {
    for (const action of ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'])
      pairs.add(`sqs:${action} arn:aws:sqs:${REGION}:any--dev--_retry-${name}`)
  }
  if (processor.idempotent) {
    for (const action of ['DeleteItem', 'GetItem', 'PutItem'])
      pairs.add(`dynamodb:${action} arn:aws:dynamodb:${REGION}:table/any--dev--_handled`)
  }
  for (const other of processor.invokes) {
    pairs.add(`lambda:InvokeFunction arn:aws:lambda:${REGION}:function:any--dev--${other}`)
  }
  return [...pairs].sort()
}

describe('processorPolicies', () => {
  it('allow exactly the actions and resources that the streams and calls of a processor need', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const policies = processorPolicies(graph, PLACE)
        for (const { name } of graph.processors) {
          const given = allowed(policies[name]!).filter((pair) => !pair.startsWith('ec2:'))
          expect(given).toEqual(needed(graph, name))
        }
      }),
    )
  })

  it('allow joining a network only with vpc, which is the only action without a resource', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        for (const { name, vpc } of graph.processors) {
          const everywhere = allowed(processorPolicies(graph, PLACE)[name]!).filter((pair) => pair.endsWith(' *'))
          expect(everywhere.every((pair) => pair.startsWith('ec2:'))).toBe(true)
          expect(everywhere.length > 0).toBe(vpc !== undefined)
        }
      }),
    )
  })

  it('name only resources that the same graph makes', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const wanted = wantedResources(graph, { place: PLACE, env: {} }, artifactsOf(graph))
        const names = new Set(wanted.map(({ name }) => name))
        for (const policy of Object.values(processorPolicies(graph, PLACE))) {
          for (const resource of policy.Statement.flatMap(({ Resource }) => Resource)) {
            if (resource === '*') continue
            const name = resource
              .replace(/:\*$/, '')
              .replace(/^arn:aws:\w+:[\w-]+:\d+:(?:stream\/|function:|log-group:|table\/)?/, '')
            expect(names).toContain(name)
          }
        }
      }),
    )
  })
})

describe('with a store of the user for errors', () => {
  const queue = 'arn:aws:sqs:eu-west-1:210987654321:late'

  it('a function may send to that queue, and not to its own', () => {
    const graph = graphOf({ name: 'any', processors: { p: () => {} }, errors: { queue } })
    const pairs = allowed(processorPolicies(graph, PLACE).p!)
    expect(pairs).toContain(`sqs:SendMessage ${queue}`)
    expect(pairs.filter((pair) => pair.endsWith('_errors'))).toEqual([])
    expect(allowed(deployerPolicy(graph, PLACE))).toContain(`sqs:ReceiveMessage ${queue}`)
  })

  it('a function may put objects below the prefix of its stage, and the deployer may list, read and remove them', () => {
    const errors = { store: 's3', bucket: 'ours', prefix: 'team' }
    const graph = graphOf({ name: 'any', processors: { p: () => {} }, errors })
    const keys = 'arn:aws:s3:::ours/team/attak/any/dev/errors/*'
    const ofS3 = (policy: Policy) => allowed(policy).filter((pair) => pair.startsWith('s3:'))
    expect(ofS3(processorPolicies(graph, PLACE).p!)).toEqual([`s3:PutObject ${keys}`])
    expect(ofS3(deployerPolicy(graph, PLACE))).toEqual([
      ...[`s3:DeleteObject ${keys}`, `s3:GetObject ${keys}`, 's3:ListBucket arn:aws:s3:::ours'],
    ])
  })
})

describe('deployerPolicy', () => {
  it('is limited to the names of topology and stage, except for listing', () => {
    const graph = graphOf({ name: 'orders', processors: { bill: () => {} } })
    const pairs = allowed(deployerPolicy(graph, PLACE))
    expect(pairs.filter((pair) => pair.endsWith(' *'))).toEqual([
      'dynamodb:ListTables *',
      'iam:ListRoles *',
      'kinesis:DescribeLimits *',
      'kinesis:ListStreams *',
      'lambda:CreateEventSourceMapping *',
      'lambda:GetAccountSettings *',
      'lambda:ListEventSourceMappings *',
      'lambda:ListFunctions *',
      'logs:DescribeLogGroups *',
      'sqs:ListQueues *',
      'tag:GetResources *',
    ])
    expect(pairs).toContain('kinesis:CreateStream arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--*')
    expect(pairs).toContain('iam:PassRole arn:aws:iam::123456789012:role/attak/orders/dev/eu-west-1/*')
  })

  it('allows passing a given role', () => {
    const role = 'arn:aws:iam::123456789012:role/theirs'
    const graph = graphOf({ name: 'orders', role, processors: { bill: () => {} } })
    expect(allowed(deployerPolicy(graph, PLACE))).toContain(`iam:PassRole ${role}`)
  })

  it('fits a managed policy of IAM: 6,144 characters', () => {
    const graph = graphOf(
      { name: 'o'.repeat(40), processors: { bill: () => {} }, errors: { store: 's3', bucket: 'b'.repeat(63) } },
      's'.repeat(40),
    )
    expect(JSON.stringify(deployerPolicy(graph, PLACE)).length).toBeLessThanOrEqual(6144)
  })
})
