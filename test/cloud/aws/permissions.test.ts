import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  type IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { AwsCredentials } from '../../../src/clouds/aws/clients.ts'
import { type Aws, openAws } from '../../../src/clouds/aws/open.ts'
import { deployerPolicy, type Policy, processorPolicies } from '../../../src/clouds/aws/policies.ts'
import { anyGraph } from '../../clouds/aws/graphs.ts'
import { graphOf } from '../../contract/graph.ts'
import { openEmulator, stageOf } from '../stage.ts'

const noop = () => {}
const graph = graphOf({
  name: 'guarded',
  processors: { take: noop, bill: { handler: noop, invokes: ['ship'], idempotent: true }, ship: noop },
  errors: 'dynamodb',
  streams: [
    { from: 'take', to: 'bill' },
    { from: 'bill', to: 'ship', via: 'sqs' },
  ],
})

/** Actions alone: moto asks for every action on `*`, and knows no value of a condition. */
function everywhere(policy: Policy) {
  const Statement = policy.Statement.map(({ Condition: _, ...statement }) => ({ ...statement, Resource: '*' }))
  return { ...policy, Statement }
}

async function makeUser(iam: IAMClient, UserName: string, policy?: object): Promise<AwsCredentials> {
  await iam.send(new CreateUserCommand({ UserName }))
  if (policy) {
    const PolicyDocument = JSON.stringify(policy)
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }))
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
}

describe('policies', () => {
  it('all have a form that IAM accepts', async () => {
    const { clients, place, close } = await openEmulator(inject('moto'))
    let made = 0
    for (const any of fc.sample(anyGraph, 15)) {
      for (const policy of [deployerPolicy(any, place), ...Object.values(processorPolicies(any, place))]) {
        const PolicyDocument = JSON.stringify(policy)
        await clients.iam.send(new CreatePolicyCommand({ PolicyName: `p${made++}`, PolicyDocument }))
      }
    }
    const wrong = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'x', Resource: 'y' }],
    })
    await expect(
      clients.iam.send(new CreatePolicyCommand({ PolicyName: 'wrong', PolicyDocument: wrong })),
    ).rejects.toThrow(/ARN format/)
    close()
  })
})

describe('with checks of signatures and permissions', () => {
  const endpoint = inject('guardedMoto')
  const users: Record<string, AwsCredentials> = {}
  const open = (credentials: AwsCredentials): Promise<Aws> =>
    openAws({ region: 'eu-west-1', endpoint, credentials }, () => performance.now())

  beforeAll(async () => {
    const { clients, place, close } = await openEmulator(endpoint)
    users.deployer = await makeUser(clients.iam, 'deployer', everywhere(deployerPolicy(graph, place)))
    users.nobody = await makeUser(clients.iam, 'nobody')
    close()
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' })
  })
  afterAll(async () => {
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: 'inf' })
  })

  it('the deployer may do everything that deploying and destroying need', async () => {
    const aws = await open(users.deployer!)
    expect(aws.identity).toMatch(/user\/deployer$/)
    const stage = await stageOf(aws, graph)
    await stage.deploy()
    expect((await stage.plan()).changes).toEqual([])
    await stage.destroy()
    const changed = await stageOf(aws, graph, () => 'changed')
    await changed.deploy()
    await changed.destroy()
    aws.close()
  })

  it('a user without permissions sees what is missing', async () => {
    const aws = await open(users.nobody!)
    const stage = await stageOf(aws, graph)
    // Moto answers a denied SQS call with XML. AWS answers it with JSON.
    await expect(stage.deploy()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining('the answer to SQS GetQueueUrl did not come from AWS: it has status 403'),
    })
    const role = stage.wanted.find(({ kind }) => kind === 'role')!
    await expect(stage.cloud.read(role)).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
      message: expect.stringContaining('the permission iam:GetRole is missing'),
    })
    aws.close()
  })

  it('a wrong secret and an unknown key are refused', async () => {
    const wrong = { ...users.deployer!, secretAccessKey: 'wrong' }
    await expect(open(wrong)).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    await expect(open({ accessKeyId: 'AKIANOBODYHASTHIS', secretAccessKey: 'x' })).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
    })
  })
})
