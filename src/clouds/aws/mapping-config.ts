import type { CreateEventSourceMappingRequest, EventSourceMappingConfiguration } from '@aws-sdk/client-lambda'
import type { MappingConfig } from '../../aws/resources.ts'

type Tuning = Omit<CreateEventSourceMappingRequest, 'FunctionName' | 'EventSourceArn' | 'Tags'>

/** What can be changed in place. With what is there now, what is no longer wanted is taken back. */
export function tuningOf(config: MappingConfig, live?: EventSourceMappingConfiguration): Tuning {
  const { parallelization, bisect, retryAttempts, recordAgeSeconds, onFailure, concurrency, pollers } = config
  const filters = config.filters?.map((Pattern) => ({ Pattern }))
  return {
    Enabled: true,
    BatchSize: config.batchRecords,
    MaximumBatchingWindowInSeconds: config.windowSeconds,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...(parallelization !== undefined && { ParallelizationFactor: parallelization }),
    ...(bisect !== undefined && { BisectBatchOnFunctionError: bisect }),
    ...(retryAttempts !== undefined && { MaximumRetryAttempts: retryAttempts }),
    ...(recordAgeSeconds !== undefined && { MaximumRecordAgeInSeconds: recordAgeSeconds }),
    ...(onFailure !== undefined && { DestinationConfig: { OnFailure: { Destination: onFailure } } }),
    ...((filters ?? live?.FilterCriteria) && { FilterCriteria: { Filters: filters ?? [] } }),
    ...((config.metrics ?? live?.MetricsConfig) && {
      MetricsConfig: { Metrics: config.metrics ? ['EventCount' as const] : [] },
    }),
    ...((concurrency ?? live?.ScalingConfig) && {
      ScalingConfig: concurrency === undefined ? {} : { MaximumConcurrency: concurrency },
    }),
    ...((pollers ?? live?.ProvisionedPollerConfig) && {
      ProvisionedPollerConfig: pollers ? { MinimumPollers: pollers.minimum, MaximumPollers: pollers.maximum } : {},
    }),
  }
}

/**
 * Where a new mapping begins to read: as the topology says; else at the start of a stream that is as new as it, or, of
 * one that was there before, at the time of the deploy. Queues have no such place.
 */
export function startOf({ source, startingPosition }: MappingConfig, existedAtMs: number | undefined): Tuning {
  if (source.split(':')[2] !== 'kinesis') return {}
  if (startingPosition === 'TRIM_HORIZON' || startingPosition === 'LATEST')
    return { StartingPosition: startingPosition }
  if (startingPosition !== undefined) return startingAt(Date.parse(startingPosition))
  return existedAtMs === undefined ? { StartingPosition: 'TRIM_HORIZON' } : startingAt(existedAtMs)
}

/** Pairs of what is wanted and what is there, by setting. */
export function wantedOf(config: MappingConfig, live: EventSourceMappingConfiguration) {
  const { parallelization, bisect, retryAttempts, recordAgeSeconds } = config
  const pollers = live.ProvisionedPollerConfig
  return {
    batchRecords: [config.batchRecords, live.BatchSize],
    windowSeconds: [config.windowSeconds, live.MaximumBatchingWindowInSeconds ?? 0],
    enabled: [true, !/^Disabl/.test(live.State ?? '')],
    responses: [['ReportBatchItemFailures'], live.FunctionResponseTypes ?? []],
    tumblingSeconds: [0, live.TumblingWindowInSeconds ?? 0],
    parallelization: pairOf(parallelization, live.ParallelizationFactor),
    bisect: pairOf(bisect, live.BisectBatchOnFunctionError),
    retryAttempts: pairOf(retryAttempts, live.MaximumRetryAttempts),
    recordAgeSeconds: pairOf(recordAgeSeconds, live.MaximumRecordAgeInSeconds),
    onFailure: [config.onFailure, live.DestinationConfig?.OnFailure?.Destination],
    filters: [config.filters ?? [], (live.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern)],
    metrics: [config.metrics ?? false, (live.MetricsConfig?.Metrics ?? []).length > 0],
    concurrency: [config.concurrency, live.ScalingConfig?.MaximumConcurrency],
    pollers: [
      config.pollers,
      pollers?.MinimumPollers && { minimum: pollers.MinimumPollers, maximum: pollers.MaximumPollers },
    ],
  } satisfies Record<string, readonly [unknown, unknown]>
}

/** What takes back a setting that attak never gives a mapping. */
export function undone(settings: readonly string[]): Tuning {
  return settings.includes('tumblingSeconds') ? { TumblingWindowInSeconds: 0 } : {}
}

/** What is not wanted is a setting that the source of the mapping does not have: services tell defaults of those too. */
function pairOf(wanted: unknown, found: unknown): readonly [unknown, unknown] {
  return [wanted, wanted === undefined ? undefined : found]
}

function startingAt(ms: number): Tuning {
  return { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: new Date(ms) }
}
