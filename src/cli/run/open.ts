import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { AttakError } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { after } from '../../hosts/after.ts'
import { openBrokered } from '../../hosts/worker/brokered.ts'
import { openEmbedded, type RunningTopology } from '../../hosts/worker/embedded.ts'
import type { EmbeddedParts } from '../../hosts/worker/engine.ts'
import { loadClient } from '../../project/client.ts'
import type { Project } from '../../project/project.ts'
import { cleanThrown } from '../../project/stack.ts'
import { loadTelemetry } from '../../project/telemetry.ts'
import type { LogLevel } from '../../runtime/invocation.ts'
import type { OpenSources, SourceWorld } from '../../runtime/source.ts'
import { createSpans } from '../../runtime/spans.ts'
import type { StateStore } from '../../runtime/state.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import { openLed } from '../../sources/led.ts'
import { openEach } from '../../sources/open-each.ts'
import { SOURCES, type SourceType } from '../../sources/table.ts'
import { openFileState, stateFile } from '../../stores/file/state.ts'
import { errorsFile, RUN_PART } from '../../stores/file/store.ts'
import { createFileWriter } from '../../stores/file/writer.ts'
import type { TopologySource } from '../../topology/source.ts'
import { drawCount } from '../../view/duration.ts'
import type { ChosenBroker } from '../broker.ts'
import type { Given } from '../hint.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { type Admin, openAdmin, type Readiness, type ServiceState } from './admin.ts'
import { openServiceLog, type ServiceLog } from './service-log.ts'
import { setUp } from './set-up.ts'

/** A service to run. */
export interface ServeOptions {
  readonly project: Project
  /** What runs: without a broker, all of it in this process. */
  readonly graph: Graph
  /** The processors that this process runs. */
  readonly runs: readonly string[]
  /** Where messages move between workers; undefined: in memory. */
  readonly broker: BrokerChoice | undefined
  /** The version of attak, which other workers see. */
  readonly version: string
  /** Events that come besides those of sources; absent without any. */
  readonly input: RunInput | undefined
  readonly given: Given
  readonly quiet: boolean
  readonly logLevel: LogLevel | 'none'
  /** How long stopping waits for what is open. */
  readonly drainMs: number
  /** Where health and metrics are served; undefined: nowhere. */
  readonly port: number | undefined
  readonly concurrency: number
  /** Stops it. */
  readonly signal: AbortSignal
}

/** The broker of a service. */
export interface BrokerChoice {
  readonly url: string
  readonly lanes: number | undefined
  readonly leaseSeconds: number | undefined
  /** A Redis that remembers what the broker cannot. */
  readonly stateUrl: string | undefined
}

/** A service that runs. */
export interface Service extends ServeOptions {
  readonly host: Host
  readonly workerHost: Omit<WorkerHost, 'write'>
  readonly running: RunningTopology
  /** Absent without a broker. */
  readonly chosen: ChosenBroker | undefined
  /** Keeps what handlers set; undefined if no processor has state. */
  readonly state: StateStore | undefined
  readonly log: ServiceLog
  readonly admin: Admin | undefined
  /** What ends its subscriptions to the process. */
  readonly offs: readonly (() => void)[]
  sources: readonly OpenSources[]
  /** Error records of events of its input so far. */
  failed: number
  /** Why its input broke off. */
  fault?: { readonly error: unknown }
  readiness: Readiness
}

/** Opens a service: its messages' way, and the server of its health. Nothing comes in until it is started. */
export async function openService(options: ServeOptions, host: Host): Promise<Service> {
  const { project, graph, runs, quiet, logLevel, port } = options
  const offs: (() => void)[] = []
  const workerHost = workerHostOf(host, project.dir, offs)
  const log = openServiceLog({ graph, host, workerHost, level: logLevel, quiet })
  const service: Partial<Service> & Pick<Service, 'readiness'> = { readiness: 'not ready' }
  const state: ServiceState = {
    processors: runs,
    readiness: () =>
      service.readiness === 'ready' && service.running?.isConnected?.() === false ? 'not ready' : service.readiness,
    counts: () => service.running?.counts ?? NONE,
    lag: async () => (await service.running?.lag?.()) ?? {},
  }
  const admin = port === undefined ? undefined : await openAdmin(port, state)
  try {
    const { chosen, running, state } = await openTopology({ ...options, host, workerHost, log, admin })
    const opened = { running, chosen, state, log, admin, offs, sources: [], failed: 0 }
    Object.assign(service, { ...options, host, workerHost, ...opened })
    return service as Service
  } catch (error) {
    await admin?.close()
    throw error
  }
}

/** Runs the setup of its processors, and opens its sources. It is not ready afterwards if it is to stop before that. */
export async function startService(service: Service): Promise<void> {
  const { running, log, workerHost, signal } = service
  if (!(await setUp({ running, log, random: workerHost.random, signal }))) return
  await running.start?.()
  service.sources = await openSources(sourcesOf(service), worldOf(service), service)
  service.readiness = 'ready'
  void tellStranded(service)
}

/** Names the channels whose messages no version of this topology handles: a processor was renamed or removed. */
async function tellStranded({ chosen, graph, log }: Service): Promise<void> {
  const { channels } = (await chosen?.broker.status().catch(() => undefined)) ?? { channels: [] }
  for (const { name, lanes, delayed } of channels) {
    const count = lanes.reduce((sum, { records }) => sum + records, delayed)
    if (count === 0 || graph.processors.some((processor) => processor.name === name)) continue
    const what = `${drawCount(count, 'record')} of the broker ${count === 1 ? 'is' : 'are'} for "${name}", which this topology does not have.`
    log.say(`${what} A worker of a version that has it would handle ${count === 1 ? 'it' : 'them'}.`, 'warn')
  }
}

const NONE = { roots: 0, running: 0, waiting: 0, sending: 0, recorded: 0 }

/** The sources of the processors that this process runs. */
function sourcesOf({ graph: { sources = [] }, runs }: ServeOptions): NonNullable<Graph['sources']> {
  return sources.filter(({ to }) => runs.includes(to))
}

interface TopologyParts extends ServeOptions {
  readonly host: Host
  readonly workerHost: Omit<WorkerHost, 'write'>
  readonly log: ServiceLog
  readonly admin: Admin | undefined
}

async function openTopology(parts: TopologyParts): Promise<Pick<Service, 'running' | 'chosen' | 'state'>> {
  const { project, graph, broker, host, workerHost, log, admin, concurrency, runs, version } = parts
  const telemetry = await loadTelemetry(project.dir)
  const common: Omit<EmbeddedParts, 'store'> = {
    ...{ graph, processors: project.processors, concurrency, seed: randomUUID() },
    ...{ host: { ...workerHost, write: () => {} }, log: log.lines },
    ...(telemetry && { spans: createSpans(telemetry) }),
    ...(admin && {
      ended: ({ processor, startedMs }, _delivery, outcome) =>
        admin.ended(processor, outcome, workerHost.now() - startedMs),
    }),
  }
  if (broker === undefined) {
    const store = createFileWriter(errorsFile(project.dir, RUN_PART, graph.name))
    const state = await openState(parts)
    return { running: openEmbedded({ ...common, store, state }), chosen: undefined, state }
  }
  const { openBroker } = await import('../broker.ts')
  const chosen = await openBroker({
    ...{ ...broker, topology: graph.name, stage: graph.stage, dir: project.dir, now: workerHost.now },
    tell: (text, level) => log.say(text, level),
  })
  try {
    for (const warning of await chosen.broker.ensure(graph.processors.map(({ name }) => name))) log.say(warning, 'warn')
    const state = needsState(graph) ? openBrokerState(chosen) : undefined
    const worker = { id: randomUUID(), about: { version, host: hostname(), pid: host.pid } }
    const running = openBrokered({
      ...{ ...common, state, store: chosen.broker.errors, broker: chosen.broker, carrier: chosen.name, worker, runs },
    })
    return { running, chosen, state }
  } catch (error) {
    await chosen.broker.close()
    throw error
  }
}

function needsState({ processors }: Graph): boolean {
  return processors.some(({ state }) => state)
}

/** Throws USAGE for a broker that keeps no state. */
function openBrokerState({ name, broker }: ChosenBroker): StateStore {
  const store = broker.openState?.()
  if (store !== undefined) return store
  const what = `a processor has state: true, and a broker of the type ${name} keeps no state`
  throw new AttakError('USAGE', what, 'Give a Redis that does: --state redis://host:6379, or ATTAK_STATE.')
}

/** Opens the file of the state of a topology that has any. Throws STORE_FAILED if another process has it. */
async function openState({
  project,
  graph,
  workerHost: { now, after },
}: TopologyParts): Promise<StateStore | undefined> {
  if (!needsState(graph)) return undefined
  return openFileState({ file: stateFile(project.dir, { topology: graph.name, stage: graph.stage }), now, after })
}

/** `offs` receives what ends its subscriptions. */
function workerHostOf(host: Host, dir: string, offs: (() => void)[]): Omit<WorkerHost, 'write'> {
  // Steady, so that a changed clock of the machine ends no handler.
  const offsetMs = host.date() - host.now()
  return {
    console: host.console,
    now: () => Math.round(offsetMs + host.now()),
    random: () => Math.random(),
    describe: (error) => cleanThrown(describeThrown(error), dir),
    onUncaught: (take) => void offs.push(host.onUncaught(take)),
    after,
  }
}

function worldOf(service: Service): SourceWorld {
  const { running, chosen, graph, project, host, log } = service
  const { now, after } = service.workerHost
  return {
    scope: `${graph.name}/${graph.stage}`,
    ...{ take: running.take, takesToEnd: chosen === undefined, call: running.call, room: running.room, now, after },
    client: (name, user) => loadClient(project.dir, name, user),
    dir: project.dir,
    variable: (name) => host.env[name],
    stdin: () => host.stdin as AsyncIterable<Uint8Array>,
    say: log.say,
    newId: () => randomUUID().replaceAll('-', ''),
  }
}

/** Opens the sources, those of one type together; on a broker, some of them only while this worker leads their processor. */
async function openSources(
  sources: NonNullable<Graph['sources']>,
  world: SourceWorld,
  { running, chosen }: Pick<Service, 'running' | 'chosen'>,
): Promise<readonly OpenSources[]> {
  const isForOne = (source: TopologySource) =>
    chosen !== undefined && SOURCES[source.type].isForOne?.(source, chosen.broker.rules) === true
  const open = (type: SourceType, some: readonly TopologySource[]) => SOURCES[type].open(some, world)
  const each = sources.filter((source) => !isForOne(source))
  const types = new Set(each.map(({ type }) => type))
  const opened = await openEach(types, (type) =>
    open(
      type,
      each.filter((source) => source.type === type),
    ),
  )
  const led = sources.filter(isForOne).map((source) => {
    const one = openLed(() => open(source.type, [source]), world)
    running.lead?.(source.to, one)
    return { lines: [`${source.name} → ${source.to}, in one worker at a time`], stop: one.stop }
  })
  return [...opened, ...led]
}
