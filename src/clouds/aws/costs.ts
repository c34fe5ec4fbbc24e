import type { MappingConfig, StreamConfig } from '../../aws/resources.ts'
import type { IdleCost, Priced } from '../../deploy/resources.ts'

const HOURS = 730

/**
 * The cost of idle resources, in US dollars, as in us-east-1: other regions differ by up to a half. The prices are
 * those of aws.amazon.com/kinesis/data-streams/pricing since on-demand streams exist (0.04 a stream and hour;
 * provisioned 0.015 a shard and hour, 0.020 more if data is retained longer than a day, up to seven). That page loads
 * its figures in a browser, so these were not read again there. Functions, roles, log groups, tables and queues without
 * a reader cost nothing at rest. Lambda polls a queue all the time, with up to five requests that wait 20 seconds each
 * (Lambda guide, services-sqs-scaling: five batches at a time, long polling, down to two when there is little;
 * read 2026-11-21). SQS charges 0.40 a million requests; the first million of an account and month is free.
 */
const USD = { streamHour: 0.04, shardHour: 0.015, longRetentionShardHour: 0.02, polledQueueHour: 0.000_36 }

/**
 * Returns the rough monthly cost of idle resources, including leftovers; the last line lists those that cost nothing.
 */
export function idleCosts(resources: readonly Priced[], left: readonly Priced[] = []): readonly IdleCost[] {
  const mappings = resources.filter(({ kind }) => kind === 'mapping').map(({ config }) => config as MappingConfig)
  const polled = mappings.filter(({ source, pollers }) => isQueue(source) && pollers === undefined).length
  const pollers = sum(mappings.map((mapping) => mapping.pollers?.minimum ?? 0))
  const rest = resources.filter(({ kind }) => kind === 'function' || kind === 'queue').length
  const tables = resources.filter(({ kind }) => kind === 'table').length
  return [
    ...streamCosts(resources, ''),
    ...streamCosts(left, 'left-over '),
    line(polled, 'queue that a function reads, at most', USD.polledQueueHour),
    pollers === 0
      ? undefined
      : { text: `${counted(pollers, 'poller', 'pollers')}, see aws.amazon.com/lambda/pricing`, usdPerMonth: 0 },
    { text: `${counted(rest, 'function and queue', 'functions and queues')}, at rest`, usdPerMonth: 0 },
    tables === 0 ? undefined : { text: `${counted(tables, 'table', 'tables')}, at rest`, usdPerMonth: 0 },
  ].filter((cost) => cost !== undefined)
}

function streamCosts(resources: readonly Priced[], prefix: string): readonly (IdleCost | undefined)[] {
  const streams = resources.filter(({ kind }) => kind === 'stream').map(({ config }) => config as StreamConfig)
  const onDemand = streams.filter(({ shards }) => shards === undefined).length
  const shards = sum(streams.map((stream) => stream.shards ?? 0))
  const long = sum(streams.map(({ retentionHours, shards = 0 }) => (retentionHours > 24 ? shards : 0)))
  return [
    line(onDemand, `${prefix}on-demand stream`, USD.streamHour),
    line(shards, `${prefix}shard`, USD.shardHour),
    line(long, `${prefix}shard kept longer than a day`, USD.longRetentionShardHour),
  ]
}

function line(count: number, what: string, usdPerHour: number): IdleCost | undefined {
  if (count === 0) return undefined
  const usdPerMonth = Math.round(count * usdPerHour * HOURS * 100) / 100
  return { text: counted(count, what, what.replace(/shard|stream|queue/, '$&s')), usdPerMonth }
}

function isQueue(arn: string): boolean {
  return arn.split(':')[2] === 'sqs'
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
