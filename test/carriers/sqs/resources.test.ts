import { expect, it } from 'vitest'
import { channelResources, retryResources } from '../../../src/carriers/sqs/resources.ts'
import { PLACE } from '../../clouds/aws/graphs.ts'
import { graphOf } from '../../contract/graph.ts'

const noop = () => {}

function resourcesOf(stream: object) {
  const graph = graphOf({
    name: 'orders',
    processors: { take: noop, bill: { handler: noop, timeout: 60 } },
    streams: [{ from: 'take', to: 'bill', via: 'sqs', ...stream }],
  })
  return channelResources(graph, graph.channels[0]!, PLACE)
}

it('a channel gets a queue that hides messages six times as long as the timeout of its receiver', () => {
  const [queue, mapping] = resourcesOf({})
  expect(queue).toEqual({
    id: 'queue/bill--sqs',
    kind: 'queue',
    name: 'orders--dev--bill--sqs',
    needs: ['queue/_crashes'],
    config: {
      fifo: false,
      visibilitySeconds: 360,
      retentionSeconds: 345_600,
      redrive: { queue: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--_crashes', received: 5 },
      tags: {},
    },
    fixed: ['fifo'],
    holdsData: true,
  })
  expect(mapping).toMatchObject({
    id: 'mapping/bill--sqs/bill',
    needs: ['queue/bill--sqs', 'function/bill'],
    config: { source: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--bill--sqs', batchRecords: 4, windowSeconds: 0 },
  })
})

it('a FIFO queue gets a FIFO queue for the messages that it gives up', () => {
  const [queue, mapping] = resourcesOf({ fifo: true })
  expect(queue).toMatchObject({
    id: 'queue/bill--fifo',
    name: 'orders--dev--bill--fifo.fifo',
    needs: ['queue/_crashes.fifo'],
  })
  expect(queue!.config.redrive).toMatchObject({ queue: expect.stringMatching(/_crashes\.fifo$/) })
  expect(mapping!.config.batchRecords).toBeLessThanOrEqual(10)
})

it('passes on every other setting', () => {
  const [queue, mapping] = resourcesOf({
    ...{ retention: 24, maximumRetryAttempts: 0, maximumConcurrency: 5, window: 2, batch: 500, pack: 1, metrics: true },
    ...{ filters: [{ type: ['paid'] }] },
  })
  expect(queue!.config).toMatchObject({ retentionSeconds: 86_400, redrive: { received: 1 } })
  expect(mapping!.config).toMatchObject({
    ...{ concurrency: 5, windowSeconds: 2, batchRecords: 500, metrics: true },
    ...{ filters: ['{"body":{"type":["paid"]}}'] },
  })
  expect(resourcesOf({ provisionedPollers: { minimum: 2, maximum: 4 } })[1]!.config).toMatchObject({
    pollers: { minimum: 2, maximum: 4 },
  })
})

it('a processor gets a retry queue that keeps messages for as long as SQS allows', () => {
  const graph = graphOf({ name: 'orders', processors: { bill: { handler: noop, timeout: 60, retries: 3 } } })
  const [queue, mapping] = retryResources(graph, graph.processors[0]!, PLACE)
  expect(queue).toEqual({
    id: 'queue/_retry-bill',
    kind: 'queue',
    name: 'orders--dev--_retry-bill',
    needs: ['queue/_crashes'],
    config: {
      fifo: false,
      // Six times what the function may take: two seconds more than its handler.
      visibilitySeconds: 372,
      retentionSeconds: 1_209_600,
      redrive: { queue: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--_crashes', received: 5 },
      tags: {},
    },
    fixed: ['fifo'],
    holdsData: true,
    processor: 'bill',
  })
  expect(mapping).toEqual({
    id: 'mapping/_retry-bill/bill',
    kind: 'mapping',
    name: '_retry-bill/bill',
    needs: ['queue/_retry-bill', 'function/bill'],
    config: {
      source: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--_retry-bill',
      function: 'orders--dev--bill',
      batchRecords: 10,
      windowSeconds: 0,
      tags: {},
    },
    fixed: ['source', 'function'],
    holdsData: false,
    processor: 'bill',
  })
})
