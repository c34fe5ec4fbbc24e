import { expect, it } from 'vitest'
import { idleCosts } from '../../../src/clouds/aws/costs.ts'
import { wantedResources } from '../../../src/clouds/aws/wanted.ts'
import { graphOf } from '../../contract/graph.ts'
import { artifactsOf, PLACE } from './graphs.ts'

it('counts the resources that cost while idle, and names those that do not', () => {
  const noop = () => {}
  const graph = graphOf({
    name: 'orders',
    errors: 'dynamodb',
    processors: { take: noop, bill: { handler: noop, retries: 1 }, ship: noop, mail: { handler: noop, retries: 1 } },
    streams: [
      { from: 'take', to: 'bill' },
      { from: 'take', to: 'ship' },
      { from: 'ship', to: 'mail', shards: 3, retention: 48 },
      { from: 'ship', to: 'take', via: 'sqs', provisionedPollers: { minimum: 2, maximum: 4 } },
    ],
  })
  expect(idleCosts(wantedResources(graph, { place: PLACE, env: {} }, artifactsOf(graph)))).toEqual([
    { text: '2 on-demand streams', usdPerMonth: 58.4 },
    { text: '3 shards', usdPerMonth: 32.85 },
    { text: '3 shards kept longer than a day', usdPerMonth: 43.8 },
    { text: '2 queues that a function reads, at most', usdPerMonth: 0.53 },
    { text: '2 pollers, see aws.amazon.com/lambda/pricing', usdPerMonth: 0 },
    { text: '9 functions and queues, at rest', usdPerMonth: 0 },
    { text: '1 table, at rest', usdPerMonth: 0 },
  ])
})

it('counts streams that are left over by their mode', () => {
  const stream = (config: object) => ({ kind: 'stream', config: { retentionHours: 24, tags: {}, ...config } })
  expect(idleCosts([stream({})], [stream({}), stream({ shards: 2, retentionHours: 48 })]).slice(0, 4)).toEqual([
    { text: '1 on-demand stream', usdPerMonth: 29.2 },
    { text: '1 left-over on-demand stream', usdPerMonth: 29.2 },
    { text: '2 left-over shards', usdPerMonth: 21.9 },
    { text: '2 left-over shards kept longer than a day', usdPerMonth: 29.2 },
  ])
})

it.each([
  [24, []],
  [25, [{ text: '1 shard kept longer than a day', usdPerMonth: 14.6 }]],
])('%i hours of retention: only more than a day costs more', (retentionHours, expected) => {
  const costs = idleCosts([{ kind: 'stream', config: { shards: 1, retentionHours, tags: {} } }])
  expect(costs.filter(({ text }) => text.includes('longer'))).toEqual(expected)
})
