import type { CarrierTable } from '../topology/carrier-rules.ts'
import { type Channel, channelsOf } from '../topology/channels.ts'
import { knownSettings } from '../topology/known-settings.ts'
import { RECORDING_DEFAULTS } from '../topology/recording.ts'
import type { Backoff, Topology, TopologyProcessor, TopologyStream } from '../topology/topology.ts'
import type { Deployment, Graph, GraphProcessor, RetryPolicy } from './graph.ts'

/** The defaults of a topology. Those of streams are in `DELIVERY_DEFAULTS` and in the rules of carriers. */
export const DEFAULTS = Object.freeze({
  retries: 0,
  backoff: Object.freeze({ firstMs: 1000, factor: 2, maxMs: 60_000, jitter: true }) satisfies Backoff,
  timeoutMs: 30_000,
  hopLimit: 100,
  memory: 256,
  runtime: 'nodejs24.x',
  architecture: 'arm64',
  outputs: true,
  logRetention: 14,
  errors: Object.freeze({ store: 'sqs', retentionHours: RECORDING_DEFAULTS.retention.sqs }),
  logEvents: false,
} as const)

/** What a graph is made for, and with. */
export interface GraphOptions {
  readonly stage: string
  /** What streams may go over: those that the topology was parsed with. */
  readonly carriers: CarrierTable
}

/** Makes the graph of a parsed topology for one stage: defaults filled in, retry policies settled, frozen throughout. */
export function buildGraph(topology: Topology, { stage, carriers }: GraphOptions): Graph {
  const byName = new Map(topology.processors.map((processor) => [processor.name, processor]))
  const channels = channelsOf(topology, knownSettings(carriers))
  const channelOf = new Map(channels.flatMap((channel) => channel.streams.map((index) => [index, channel] as const)))
  const streams = topology.streams.map((stream, index) => ({
    ...buildStream(stream, channelOf.get(index)!),
    ...retryPolicy([stream, byName.get(stream.to) ?? {}, topology]),
  }))
  const retried = new Set(streams.flatMap(({ to, retries }) => (retries > 0 ? [to] : [])))
  return freeze({
    name: topology.name,
    stage,
    hopLimit: topology.hopLimit ?? DEFAULTS.hopLimit,
    processors: topology.processors.map((processor) => buildProcessor(processor, topology, retried)),
    streams,
    ...(topology.sources && { sources: topology.sources.map((source) => ({ ...source })) }),
    channels,
    carriers,
    logRetention: topology.logRetention ?? DEFAULTS.logRetention,
    tags: sorted({ ...topology.tags }),
    errors: { ...(topology.errors ?? DEFAULTS.errors) },
  })
}

function buildProcessor(
  processor: TopologyProcessor,
  topology: Topology,
  retried: ReadonlySet<string>,
): GraphProcessor {
  const policy = retryPolicy([processor, topology])
  const idempotent = processor.idempotent ?? topology.idempotent
  return {
    name: processor.name,
    source: processor.source.kind,
    namedByIndex: processor.namedByIndex,
    timeoutMs: processor.timeoutMs ?? topology.timeoutMs ?? DEFAULTS.timeoutMs,
    callback: processor.callback ?? false,
    invokes: [...new Set(processor.invokes)],
    ...policy,
    ...(idempotent && { idempotent: { ...idempotent } }),
    logEvents: processor.logEvents ?? topology.logEvents ?? DEFAULTS.logEvents,
    retryQueue: processor.retryQueue ?? topology.retryQueue ?? (policy.retries > 0 || retried.has(processor.name)),
    ...((processor.state ?? topology.state) && { state: true as const }),
    ...deploymentOf(processor, topology),
  }
}

/** Returns the settings of a processor. Processor overrides topology; lists and maps of both are merged. */
function deploymentOf(processor: TopologyProcessor, topology: Topology): Deployment {
  const { memory, runtime, architecture, outputs, role, vpc } = { ...topology, ...given(processor) }
  return {
    memory: memory ?? DEFAULTS.memory,
    runtime: runtime ?? DEFAULTS.runtime,
    architecture: architecture ?? DEFAULTS.architecture,
    environment: sorted({ ...topology.environment, ...processor.environment }),
    ...(role !== undefined && { role }),
    ...(vpc !== undefined && { vpc: { subnets: [...vpc.subnets], securityGroups: [...vpc.securityGroups] } }),
    tags: sorted({ ...topology.tags, ...processor.tags }),
    include: union(topology.include, processor.include),
    external: union(topology.external, processor.external),
    ...(processor.concurrency !== undefined && { concurrency: processor.concurrency }),
    outputs: outputs ?? DEFAULTS.outputs,
  }
}

function buildStream({ from, to, topics }: TopologyStream, { name, via, fifo, pack }: Channel) {
  const sortedTopics = topics && [...new Set(topics)].sort()
  return { from, to, ...(sortedTopics && { topics: sortedTopics }), via, fifo, pack, channel: name }
}

/** Returns the retry policy. Each field is from the first of `levels` that has it. */
function retryPolicy(levels: readonly { retries?: number; backoff?: Partial<Backoff> }[]): RetryPolicy {
  const retries = levels.find((level) => level.retries !== undefined)?.retries ?? DEFAULTS.retries
  const backoff = Object.assign({}, DEFAULTS.backoff, ...levels.map((level) => level.backoff).reverse())
  return { retries, backoff }
}

function given<Settings extends object>(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings
}

function sorted<Value>(map: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function union(one: readonly string[] = [], other: readonly string[] = []): readonly string[] {
  return [...new Set([...one, ...other])]
}

/** Freezes plain data throughout. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
