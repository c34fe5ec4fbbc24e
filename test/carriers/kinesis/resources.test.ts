import { expect, it } from 'vitest'
import { channelResources } from '../../../src/carriers/kinesis/resources.ts'
import { PLACE } from '../../clouds/aws/graphs.ts'
import { graphOf } from '../../contract/graph.ts'

const noop = () => {}

function resourcesOf(stream: object) {
  const graph = graphOf({
    name: 'orders',
    processors: { take: noop, bill: { handler: noop, tags: { team: 'money' } } },
    streams: [{ from: 'take', to: 'bill', ...stream }],
  })
  return channelResources(graph, graph.channels[0]!, PLACE)
}

it('a channel gets an on-demand stream, and its receiver a mapping that loses nothing', () => {
  expect(resourcesOf({})).toEqual([
    {
      id: 'stream/bill',
      kind: 'stream',
      name: 'orders--dev--bill',
      needs: [],
      config: { retentionHours: 24, tags: {} },
      fixed: [],
      holdsData: true,
    },
    {
      id: 'mapping/bill/bill',
      kind: 'mapping',
      name: 'bill/bill',
      needs: ['stream/bill', 'function/bill', 'queue/_crashes'],
      config: {
        source: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--bill',
        function: 'orders--dev--bill',
        batchRecords: 4,
        windowSeconds: 0,
        parallelization: 1,
        bisect: true,
        retryAttempts: -1,
        recordAgeSeconds: 3600,
        onFailure: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--_crashes',
        tags: { team: 'money' },
      },
      fixed: ['source', 'function', 'startingPosition'],
      holdsData: false,
      processor: 'bill',
    },
  ])
})

it('batch counts messages, and the mapping counts records', () => {
  const records = (stream: object) => resourcesOf(stream)[1]!.config.batchRecords
  expect(records({ batch: 1000, pack: 25 })).toBe(40)
  expect(records({ batch: 1000, pack: 1 })).toBe(1000)
  expect(records({ batch: 10 })).toBe(1)
})

it('records are kept twice as long as they are tried', () => {
  expect(resourcesOf({ maximumRecordAge: 86_400 })[0]!.config).toMatchObject({ retentionHours: 48 })
})

it('passes on every other setting', () => {
  const filters = [{ type: ['paid'] }]
  const [stream, mapping] = resourcesOf({
    ...{ shards: 3, window: 5, parallelization: 2, bisect: false, maximumRetryAttempts: 7, metrics: true },
    ...{ startingPosition: 'LATEST', filters, pack: 1 },
  })
  expect(stream!.config).toMatchObject({ shards: 3 })
  expect(mapping!.config).toMatchObject({
    ...{ windowSeconds: 5, parallelization: 2, bisect: false, retryAttempts: 7, metrics: true },
    ...{ startingPosition: 'LATEST', filters: ['{"data":{"type":["paid"]}}'] },
  })
})

it('each of several receivers gets its own mapping', () => {
  const graph = graphOf({
    name: 'orders',
    processors: { take: noop, bill: noop, ship: noop },
    streams: ['bill', 'ship'].map((to) => ({ from: 'take', to, stream: 'shared' })),
  })
  const ids = channelResources(graph, graph.channels[0]!, PLACE).map(({ id }) => id)
  expect(ids).toEqual(['stream/shared', 'mapping/shared/bill', 'mapping/shared/ship'])
})
