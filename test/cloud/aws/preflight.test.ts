import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Aws } from '../../../src/clouds/aws/open.ts'
import { preflight } from '../../../src/clouds/aws/preflight.ts'
import { writeOf } from '../../contract/cloud-resources.ts'
import { graphOf } from '../../contract/graph.ts'
import { openEmulator, stageOf } from '../stage.ts'

let aws: Aws
beforeAll(async () => {
  aws = await openEmulator(inject('moto'))
})
afterAll(() => aws.close())

const noop = () => {}

async function problemsOf(topology: object) {
  const graph = graphOf({ name: 'preflight', ...topology })
  const stage = await stageOf(aws, graph)
  return preflight(
    aws,
    graph,
    stage.wanted.map((resource) => writeOf(resource)),
  )
}

describe('preflight', () => {
  it('counts on-demand streams against the limit of the account', async () => {
    const names = Array.from({ length: 52 }, (_, index) => `p${index}`)
    const processors = Object.fromEntries(names.map((name) => [name, noop]))
    const streams = (settings: object) => names.slice(1).map((to) => ({ from: 'p0', to, ...settings }))
    const [problem, ...more] = await problemsOf({ processors, streams: streams({}) })
    expect(more).toEqual([])
    expect(problem).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      what: '51 more on-demand streams are needed; the account has 0, and may have 50',
    })
    expect(await problemsOf({ processors, streams: streams({ shards: 1 }) })).toEqual([])
  })

  it('reports that a queue or bucket of the user is missing or in another region', async () => {
    const processors = { take: noop }
    const queue = `arn:aws:sqs:${aws.place.region}:${aws.place.account}:late`
    const where = { code: 'STORE_FAILED', where: 'errors' }
    expect(await problemsOf({ processors, errors: { queue } })).toMatchObject([
      { ...where, what: `there is no queue ${queue}` },
    ])
    await aws.clients.sqs.send(new CreateQueueCommand({ QueueName: 'late' }))
    expect(await problemsOf({ processors, errors: { queue } })).toEqual([])
    expect(await problemsOf({ processors, errors: { queue: queue.replace('eu-west-1', 'eu-west-2') } })).toMatchObject([
      { ...where, what: expect.stringMatching(/ is in eu-west-2, and the functions are in eu-west-1$/) },
    ])

    const errors = { store: 's3', bucket: 'preflight-errors' }
    expect(await problemsOf({ processors, errors })).toMatchObject([
      {
        ...where,
        what: 'there is no bucket preflight-errors',
        remedy: expect.stringMatching(/^Create it, or correct/),
      },
    ])
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
    await (await aws.clients.s3()).send(new CreateBucketCommand({ Bucket: errors.bucket, CreateBucketConfiguration }))
    expect(await problemsOf({ processors, errors })).toEqual([])
  })

  it('reports a missing role once', async () => {
    const role = `arn:aws:iam::${aws.place.account}:role/nobody`
    const problems = await problemsOf({ processors: { take: noop, bill: noop }, role })
    expect(problems).toEqual([
      expect.objectContaining({ code: 'ROLE_NOT_FOUND', what: `there is no role ${role}`, where: 'processor "take"' }),
    ])
    expect(await problemsOf({ processors: { take: noop } })).toEqual([])
  })
})
