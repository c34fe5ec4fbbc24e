import { expect, it } from 'vitest'
import { idleCosts } from '../../../src/providers/aws/costs.ts'
import { wantedResources } from '../../../src/providers/aws/wanted.ts'
import { artifactsOf, graphOf, PLACE } from './graphs.ts'

it('counts what costs while nothing happens, and names what does not', () => {
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
