import { type Place, queueArn, queueName } from '../../aws/names.ts'
import { mappingResource, type QueueConfig } from '../../aws/resources.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import { CRASHES_PART } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { batchRecords } from '../../topology/channels.ts'

/** How many times a function's own time a message is kept from others, and the most there is: 12 hours. */
const VISIBILITY = { timeouts: 6, mostSeconds: 43_200 }

/**
 * The queue of a channel and the mapping that hands its messages over. What was received too often goes to the crashes
 * queue, which is FIFO where the queue is. Sources, read 2026-11-21: Lambda guide, configuring an SQS event source
 * mapping (visibility at least six times the function's timeout; a window where more than 10 are wanted, none for
 * FIFO); SQS API reference, SetQueueAttributes (a FIFO queue's dead-letter queue is FIFO).
 */
export function channelResources(graph: Graph, channel: GraphChannel, place: Place): readonly Resource[] {
  const scope = { topology: graph.name, stage: graph.stage }
  const { settings, fifo } = channel
  const id = `queue/${channel.name}`
  const name = queueName(scope, channel.name, { fifo })
  const receivers = graph.processors.filter((processor) => channel.to.includes(processor.name))
  const timeoutMs = Math.max(...receivers.map((processor) => processor.timeoutMs))
  const queue: QueueConfig = {
    fifo,
    visibilitySeconds: Math.min(VISIBILITY.timeouts * Math.ceil(timeoutMs / 1000), VISIBILITY.mostSeconds),
    retentionSeconds: settings.retention * 3600,
    redrive: {
      queue: queueArn(place, queueName(scope, CRASHES_PART, { fifo })),
      received: (settings.maximumRetryAttempts ?? 4) + 1,
    },
    tags: graph.tags,
  }
  const mappings = receivers.map((receiver) =>
    mappingResource(scope, receiver, {
      part: channel.name,
      from: id,
      config: {
        source: queueArn(place, name),
        batchRecords: batchRecords(channel),
        windowSeconds: fifo ? 0 : settings.window,
        ...(settings.maximumConcurrency !== undefined && { concurrency: settings.maximumConcurrency }),
        ...(settings.provisionedPollers && { pollers: settings.provisionedPollers }),
        ...(settings.filters && { filters: settings.filters.map((body) => JSON.stringify({ body })) }),
        ...(settings.metrics && { metrics: true }),
      },
    }),
  )
  const crashes = `queue/${crashesPart(fifo)}`
  return [{ id, kind: 'queue', name, needs: [crashes], config: queue, fixed: ['fifo'], holdsData: true }, ...mappings]
}

/** The id's part of the crashes queue: FIFO queues need one of their own. */
export function crashesPart(fifo: boolean): string {
  return fifo ? `${CRASHES_PART}.fifo` : CRASHES_PART
}
