import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Aws } from '../../../src/clouds/aws/open.ts'
import { graphOf } from '../../contract/graph.ts'
import { openEmulator, stageOf } from '../stage.ts'

let aws: Aws
beforeAll(async () => {
  aws = await openEmulator(inject('ministack'))
})
afterAll(() => aws.close())

const noop = () => {}
const processors = { ping: noop, pong: noop, sink: noop }

describe('a stage on ministack', () => {
  it('is created, not changed by a second deploy, and removed completely', async () => {
    const graph = graphOf({
      name: 'life',
      processors,
      streams: [
        { from: 'ping', to: 'pong' },
        { from: 'pong', to: 'ping', topic: 'back' },
        { from: 'pong', to: 'sink', via: 'sqs', topic: 'out' },
        { from: 'ping', to: 'sink', via: 'sqs', fifo: true, topic: 'ordered' },
      ],
    })
    const stage = await stageOf(aws, graph)
    const plan = await stage.deploy()
    expect(plan.changes.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(
      stage.wanted.map(({ id }) => `create ${id}`).sort(),
    )
    expect((await stage.plan()).changes).toEqual([])
    for (const resource of stage.wanted) {
      const live = await stage.cloud.read(resource)
      expect(live).toBeDefined()
      expect([resource.id, await stage.cloud.inspect!(resource, live!)]).toEqual([resource.id, []])
    }
    await stage.destroy()
    expect(await stage.cloud.list('thorough')).toEqual([])
  })
})
