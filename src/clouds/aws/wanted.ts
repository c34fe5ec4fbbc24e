import { functionName, logGroupName, type Place, queueArn, queueName } from '../../aws/names.ts'
import { functionVariables } from '../../bundle/variables.ts'
import { CARRIERS } from '../../carriers/table.ts'
import type { Code } from '../../deploy/cloud.ts'
import type { Graph, GraphProcessor } from '../../graph/graph.ts'
import { CRASHES_PART, ERRORS_PART, HANDLED_PART, retryPart, STATE_PART } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { retryViaOf } from '../../graph/retry-via.ts'
import { invocationMs } from '../../runtime/deliver/round.ts'
import { errorsTable, handledTable, stateTable } from '../../stores/dynamodb/resources.ts'
import { crashesQueue, errorsQueue } from '../../stores/sqs/resources.ts'
import { hasFifoQueue } from './channels.ts'
import { type FunctionConfig, hashedEnvironment } from './function-config.ts'
import type { LogsConfig } from './logs.ts'
import { CRASHES_QUEUE, roleName, rolePath } from './names.ts'
import { processorPolicy } from './policies.ts'
import type { RoleConfig } from './role.ts'

/** The place of a deploy, and its settings. */
export interface AwsTarget {
  readonly place: Place
  /** The ARN of a role for every processor that names none; absent: one is made for each. */
  readonly role?: string
  /** The deployer's environment, which `environment` takes values from. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Returns all resources that a graph needs on AWS. These are queues for errors and crashes, tables for errors,
 * handled messages and state if used, and the resources of each channel's carrier. Each processor needs a retry queue if it has
 * one, logs, a role with minimal permissions (unless one is given), and its function. Pure.
 */
export function wantedResources(
  graph: Graph,
  target: AwsTarget,
  artifacts: ReadonlyMap<string, Pick<Code, 'hash' | 'handler'>>,
): readonly Resource[] {
  const scope = { topology: graph.name, stage: graph.stage }
  const looping = processorsOnCycles(graph)
  return [
    errorsQueue(scope, graph.tags, graph.errors),
    crashesQueue(scope, graph.tags, false),
    ...(hasFifoQueue(graph) ? [crashesQueue(scope, graph.tags, true)] : []),
    ...(graph.errors.store === 'dynamodb' ? [errorsTable(scope, graph.tags)] : []),
    ...(graph.processors.some(({ idempotent }) => idempotent) ? [handledTable(scope, graph.tags)] : []),
    ...(graph.processors.some(({ state }) => state) ? [stateTable(scope, graph.tags)] : []),
    ...graph.channels.flatMap(
      (channel) => CARRIERS[channel.via].resources?.channel(graph, channel, target.place) ?? [],
    ),
    ...graph.processors.flatMap((processor) =>
      processor.retryQueue ? retryResources(graph, processor, target.place) : [],
    ),
    ...graph.processors.flatMap((processor) => {
      const artifact = artifacts.get(processor.name)
      if (artifact === undefined) throw new Error(`processor "${processor.name}" has no artifact`)
      return processorResources(graph, processor, {
        ...target,
        artifact,
        loops: processor.retryQueue || looping.has(processor.name),
      })
    }),
  ]
}

/** Returns the resources for the messages that a processor retries later, from the carrier that holds them. */
function retryResources(graph: Graph, processor: GraphProcessor, place: Place): readonly Resource[] {
  return CARRIERS[retryViaOf(graph, processor.name)].resources?.retry?.(graph, processor, place) ?? []
}

interface ProcessorTarget extends AwsTarget {
  readonly artifact: Pick<Code, 'hash' | 'handler'>
  readonly loops: boolean
}

/** Source: Lambda's quotas, the longest timeout of a function, read 2026-11-21. */
const MOST_TIMEOUT_S = 900

function processorResources(graph: Graph, processor: GraphProcessor, target: ProcessorTarget): readonly Resource[] {
  const scope = { topology: graph.name, stage: graph.stage }
  const { place, artifact } = target
  const { name, tags } = processor
  const given = processor.role ?? target.role
  const own = { name: roleName(scope, name, place), path: rolePath(scope, place) }
  const logs: LogsConfig = { retentionDays: graph.logRetention, tags }
  const role: RoleConfig = { policy: processorPolicy(graph, processor, place), tags }
  const physicalName = functionName(scope, name)
  const config: FunctionConfig = {
    code: artifact.hash,
    handler: artifact.handler,
    runtime: processor.runtime,
    architecture: processor.architecture,
    memory: processor.memory,
    timeout: Math.min(MOST_TIMEOUT_S, Math.ceil(invocationMs(processor.timeoutMs) / 1000)),
    environment: hashedEnvironment(functionVariables(processor, target.env), physicalName),
    role: given ?? `arn:${place.partition}:iam::${place.account}:role${own.path}${own.name}`,
    ...(processor.vpc && { vpc: { subnets: processor.vpc.subnets, securityGroups: processor.vpc.securityGroups } }),
    ...(processor.concurrency !== undefined && { concurrency: processor.concurrency }),
    onFailure: queueArn(place, queueName(scope, CRASHES_PART, { fifo: false })),
    loops: target.loops,
    tags,
  }
  const common = { fixed: [], holdsData: false, processor: name }
  const roles: Resource[] = [{ id: `role/${name}`, kind: 'role', name: own.name, needs: [], config: role, ...common }]
  return [
    {
      id: `logs/${name}`,
      kind: 'logs',
      name: logGroupName(scope, name),
      needs: [],
      config: logs,
      ...common,
      holdsData: true,
    },
    ...(given === undefined ? roles : []),
    {
      id: `function/${name}`,
      kind: 'function',
      name: physicalName,
      needs: [
        ...[`logs/${name}`, CRASHES_QUEUE],
        ...(graph.errors.store === 'dynamodb' ? [`table/${ERRORS_PART}`] : []),
        ...(processor.idempotent ? [`table/${HANDLED_PART}`] : []),
        ...(processor.state ? [`table/${STATE_PART}`] : []),
        ...(processor.retryQueue ? [`queue/${retryPart(name)}`] : []),
        ...(given === undefined ? [`role/${name}`] : []),
      ],
      config,
      ...common,
    },
  ]
}

/**
 * Returns the processors whose messages or calls can return to them. By default, Lambda ends such loops after about 16
 * rounds if they go by SQS or by calls (Lambda guide, invocation-recursion, read 2026-11-21); here the hop limit ends
 * them. Messages of a retry queue return as well, and end with their retries.
 */
export function processorsOnCycles({ processors, streams }: Graph): ReadonlySet<string> {
  const next = new Map(processors.map(({ name, invokes }) => [name, new Set(invokes)]))
  for (const { from, to } of streams) next.get(from)?.add(to)
  const comesRound = (name: string) => {
    const seen = new Set<string>()
    const open = [...(next.get(name) ?? [])]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === name) return true
      if (seen.has(at)) continue
      seen.add(at)
      open.push(...(next.get(at) ?? []))
    }
    return false
  }
  return new Set(processors.map(({ name }) => name).filter(comesRound))
}
