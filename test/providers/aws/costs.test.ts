import { expect, it } from 'vitest'
import { idleCosts } from '../../../src/providers/aws/costs.ts'
import { wantedResources } from '../../../src/providers/aws/wanted.ts'
import { artifactsOf, graphOf, PLACE } from './graphs.ts'

it('counts what costs while nothing happens, and names what does not', () => {
  const noop = () => {}
  const graph = graphOf({
    name: 'orders',
    processors: { take: noop, bill: noop, ship: noop, mail: noop },
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
    { text: '2 pollers, see aws.amazon.com/lambda/pricing', usdPerMonth: 0 },
    { text: '7 functions and queues, at rest', usdPerMonth: 0 },
  ])
})
