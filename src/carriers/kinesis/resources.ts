import { type Place, queueArn, queueName, streamArn, streamName } from '../../aws/names.ts'
import { mappingResource, type StreamConfig } from '../../aws/resources.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import { CRASHES_PART } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { leastRetention } from '../../topology/carrier-rules.ts'
import { batchRecords } from '../../topology/channels.ts'

/**
 * Returns the stream of a channel, and a mapping for each receiver. The stream retains records at least twice as long
 * as they are retried, so that records in the crashes queue can still be read. Sources, read 2026-11-21: Lambda guide,
 * parameters for Kinesis event source mappings; Lambda guide, filters (those of Kinesis look at `data`).
 */
export function channelResources(graph: Graph, channel: GraphChannel, place: Place): readonly Resource[] {
  const scope = { topology: graph.name, stage: graph.stage }
  const { settings } = channel
  const name = streamName(scope, channel.name)
  const stream: StreamConfig = {
    ...(settings.shards !== undefined && { shards: settings.shards }),
    retentionHours: Math.max(settings.retention, leastRetention(settings, graph.carriers[channel.via])),
    tags: graph.tags,
  }
  const id = `stream/${channel.name}`
  const crashes = `queue/${CRASHES_PART}`
  const receivers = graph.processors.filter((processor) => channel.to.includes(processor.name))
  const mappings = receivers.map((receiver) =>
    mappingResource(scope, receiver, {
      part: channel.name,
      from: id,
      needs: [crashes],
      fixed: ['startingPosition'],
      config: {
        source: streamArn(place, name),
        batchRecords: batchRecords(channel),
        windowSeconds: settings.window,
        parallelization: settings.parallelization ?? 1,
        bisect: settings.bisect ?? true,
        retryAttempts: settings.maximumRetryAttempts ?? -1,
        recordAgeSeconds: settings.maximumRecordAge ?? -1,
        onFailure: queueArn(place, queueName(scope, CRASHES_PART, { fifo: false })),
        ...(settings.startingPosition !== undefined && { startingPosition: settings.startingPosition }),
        ...(settings.filters && { filters: settings.filters.map((data) => JSON.stringify({ data })) }),
        ...(settings.metrics && { metrics: true }),
      },
    }),
  )
  return [{ id, kind: 'stream', name, needs: [], config: stream, fixed: [], holdsData: true }, ...mappings]
}
