import { crashesPart, type Place, queueArn, queueName } from '../../aws/names.ts'
import { mappingResource, type QueueConfig } from '../../aws/resources.ts'
import type { Graph, GraphChannel, GraphProcessor } from '../../graph/graph.ts'
import { CRASHES_PART, retryPart } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { invocationMs } from '../../runtime/deliver/round.ts'
import { batchRecords } from '../../topology/channels.ts'

/**
 * How long a message is hidden from other receivers, as a multiple of the function's timeout, and the maximum: 12
 * hours.
 */
const VISIBILITY = { timeouts: 6, mostSeconds: 43_200 }

/** How often an unacknowledged message is redelivered before it is given up, by default. */
export const TRIES = 4

/**
 * Returns the queue of a channel and the mappings that deliver its messages. Messages that were received too often go
 * to the crashes queue, which is FIFO if the queue is. Sources, read 2026-11-21: Lambda guide, configuring an SQS event
 * source mapping (visibility at least six times the function's timeout; a window if more than 10 are wanted, none for
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
    visibilitySeconds: visibilitySeconds(timeoutMs),
    retentionSeconds: settings.retention * 3600,
    redrive: {
      queue: queueArn(place, queueName(scope, CRASHES_PART, { fifo })),
      received: (settings.maximumRetryAttempts ?? TRIES) + 1,
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

/** The most retried messages in one delivery: none waits for others. */
const RETRIED_AT_ONCE = 10
/** The longest retention of SQS: 14 days. */
const KEPT_SECONDS = 14 * 86_400

/**
 * The queue where messages wait for their retry by a processor, each for its delay, and the mapping that delivers them.
 * Messages that its function never acknowledges go to the crashes queue.
 */
export function retryResources(graph: Graph, processor: GraphProcessor, place: Place): readonly Resource[] {
  const scope = { topology: graph.name, stage: graph.stage }
  const part = retryPart(processor.name)
  const name = queueName(scope, part, { fifo: false })
  const id = `queue/${part}`
  const config: QueueConfig = {
    fifo: false,
    visibilitySeconds: visibilitySeconds(invocationMs(processor.timeoutMs)),
    retentionSeconds: KEPT_SECONDS,
    redrive: { queue: queueArn(place, queueName(scope, CRASHES_PART, { fifo: false })), received: TRIES + 1 },
    tags: processor.tags,
  }
  return [
    {
      ...{ id, kind: 'queue', name, needs: [`queue/${CRASHES_PART}`], config, fixed: ['fifo'], holdsData: true },
      processor: processor.name,
    },
    mappingResource(scope, processor, {
      part,
      from: id,
      config: { source: queueArn(place, name), batchRecords: RETRIED_AT_ONCE, windowSeconds: 0 },
    }),
  ]
}

function visibilitySeconds(timeoutMs: number): number {
  return Math.min(VISIBILITY.timeouts * Math.ceil(timeoutMs / 1000), VISIBILITY.mostSeconds)
}
