import { randomUUID } from 'node:crypto'
import { clearTimeout, setTimeout } from 'node:timers'
import { AttakError } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { after } from '../../hosts/after.ts'
import { type Embedded, openEmbedded } from '../../hosts/worker/embedded.ts'
import { loadClient } from '../../project/client.ts'
import type { Project } from '../../project/project.ts'
import { cleanThrown } from '../../project/stack.ts'
import { loadTelemetry } from '../../project/telemetry.ts'
import type { LogLevel } from '../../runtime/invocation.ts'
import type { OpenSources, SourceWorld } from '../../runtime/source.ts'
import { createSpans } from '../../runtime/spans.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import { SOURCES } from '../../sources/table.ts'
import { errorsFile, RUN_PART } from '../../stores/file/store.ts'
import { createFileWriter } from '../../stores/file/writer.ts'
import { drawCount, drawDuration } from '../../view/duration.ts'
import { colorsOf } from '../../view/print.ts'
import { type Given, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { type Admin, openAdmin } from './admin.ts'
import { watchEnding } from './ending.ts'
import { openServiceLog, type ServiceLog } from './service-log.ts'

/** A service to run. */
export interface ServeOptions {
  readonly project: Project
  /** The part of the project's graph that runs. */
  readonly graph: Graph
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

/** A service that runs. */
interface Service extends ServeOptions {
  readonly host: Host
  readonly embedded: Embedded
  readonly log: ServiceLog
  readonly admin: Admin | undefined
  /** What ends its subscriptions to the process. */
  readonly offs: readonly (() => void)[]
  readonly sources: readonly OpenSources[]
  /** Error records of events of its input so far. */
  failed: number
  /** Why its input broke off. */
  fault?: { readonly error: unknown }
  isStopping: boolean
}

/**
 * Runs a topology until a signal comes, or its input has ended and it has no sources. Returns the exit code: 0 when everything
 * was done, and no event of its input failed. Throws SOURCE_FAILED if something cannot be listened on.
 */
export async function serve(options: ServeOptions, host: Host): Promise<number> {
  refuseIdle(options)
  const service = await open(options, host)
  const { embedded, sources, input, signal } = service
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
  const errors = errorsFile(options.project.dir, RUN_PART, options.graph.name)
  const unwatch = watchEnding({ ...options, errors, running: embedded.running, flush: service.log.lines.flush }, host)
  const feeding = input === undefined ? Promise.resolve() : feed(service, input).catch(fault(service))
  try {
    const over = sources.length === 0 ? feeding.then(() => embedded.quiet()) : feeding.then(() => stopped)
    await Promise.race([stopped, over])
    const code = await stop(service)
    if (service.fault !== undefined) throw service.fault.error
    return code
  } finally {
    unwatch()
    for (const off of service.offs) off()
    embedded.close()
    await service.admin?.close()
  }
}

function refuseIdle({ graph, input }: ServeOptions): void {
  if (input !== undefined || (graph.sources ?? []).length > 0) return
  const what = `nothing brings events to "${graph.name}": it has no sources, and no --input is given`
  const remedy = "Add sources: { orders: { type: 'http', to: 'processor', path: '/orders' } }, or give --input FILE."
  throw new AttakError('USAGE', what, remedy)
}

async function open(options: ServeOptions, host: Host): Promise<Service> {
  const { project, graph, quiet, logLevel, port, concurrency } = options
  const offs: (() => void)[] = []
  const workerHost = workerHostOf(host, project.dir, offs)
  const log = openServiceLog({ graph, host, workerHost, level: logLevel, quiet })
  const telemetry = await loadTelemetry(project.dir)
  const seed = randomUUID()
  const state = {
    processors: graph.processors.map(({ name }) => name),
    isReady: () => !service.isStopping,
    counts: () => embedded.counts,
  }
  const admin = port === undefined ? undefined : await openAdmin(port, state)
  const embedded = openEmbedded({
    ...{
      graph,
      processors: project.processors,
      host: { ...workerHost, write: () => {} },
      log: log.lines,
      concurrency,
      seed,
    },
    store: createFileWriter(errorsFile(project.dir, RUN_PART, graph.name)),
    ...(telemetry && { spans: createSpans(telemetry) }),
    ...(admin && {
      ended: ({ processor, startedMs }, _delivery, outcome) =>
        admin.ended(processor, outcome, workerHost.now() - startedMs),
    }),
  })
  const service: Service = { ...options, host, embedded, log, admin, offs, sources: [], failed: 0, isStopping: false }
  const sources = await openSources(graph, worldOf(service, workerHost)).catch(async (error: unknown) => {
    embedded.close()
    await admin?.close()
    throw error
  })
  tellStart(service, sources)
  return Object.assign(service, { sources })
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

function worldOf(service: Service, { now, after }: Pick<WorkerHost, 'now' | 'after'>): SourceWorld {
  const { embedded, graph, project } = service
  return {
    scope: `${graph.name}/${graph.stage}`,
    ...{ take: embedded.take, call: embedded.call, room: embedded.room, now, after },
    client: (name, user) => loadClient(project.dir, name, user),
    newId: () => randomUUID().replaceAll('-', ''),
  }
}

/** Opens the sources of each type. If one cannot be opened, those before it are stopped. */
async function openSources({ sources = [] }: Graph, world: SourceWorld): Promise<readonly OpenSources[]> {
  const opened: OpenSources[] = []
  try {
    for (const type of new Set(sources.map((source) => source.type))) {
      opened.push(
        await SOURCES[type].open(
          sources.filter((source) => source.type === type),
          world,
        ),
      )
    }
    return opened
  } catch (error) {
    await Promise.all(opened.map((source) => source.stop()))
    throw error
  }
}

function tellStart({ graph, host, log, admin, input }: Service, sources: readonly OpenSources[]): void {
  const colors = colorsOf(host.out)
  const count = drawCount(graph.processors.length, 'processor')
  const lines = [
    ...sources.flatMap((source) => source.lines),
    ...(input?.name === undefined ? [] : [input.name]),
    ...(admin === undefined ? [] : [`${admin.address}/healthz, /readyz and /metrics`]),
  ]
  if (!host.out.isTTY) {
    for (const line of [`${graph.name} (${graph.stage}) runs: ${count}`, ...lines]) log.say(line)
    return
  }
  host.out.tell(`${colors.dim('attak run')}  ${colors.bold(graph.name)} ${colors.dim(`(${graph.stage}) · ${count}`)}\n`)
  for (const line of lines) host.out.tell(`  ${line}\n`)
  host.out.tell(`${colors.dim('Ctrl-C stops it.')}\n\n`)
}

/** An input that breaks off ends like any other: what came before is handled. The error is thrown at the end. */
function fault(service: Service): (error: unknown) => void {
  return (error) => {
    service.fault = { error }
    if (service.sources.length > 0) service.log.say(`The input broke off: ${describeThrown(error).message}`, 'error')
  }
}

/** Puts in the events of an input, as long as there is room. */
async function feed(service: Service, input: RunInput): Promise<void> {
  const { embedded, signal } = service
  for await (const chunk of input.chunks) {
    for (const event of chunk) {
      await embedded.room()
      if (signal.aborted) return
      void embedded.take(event).then((errors) => {
        service.failed += errors
      })
    }
  }
}

/** Takes nothing more, and waits for what is open. Returns the exit code. */
async function stop(service: Service): Promise<number> {
  const { embedded, sources, host, log, drainMs, graph, given, signal } = service
  service.isStopping = true
  const { roots } = embedded.counts
  if (signal.aborted) {
    log.say(
      roots === 0
        ? 'Stopping.'
        : `Stopping: ${drawCount(roots, 'event')} open, for up to ${drawDuration(drainMs)}. A second signal ends it at once.`,
    )
  }
  const all = Promise.all(sources.map((source) => source.stop())).then(() => embedded.quiet())
  const isDone = await within(drainMs, all)
  log.lines.flush()
  for (const note of service.input?.notes() ?? []) log.say(note, 'warn')
  const { recorded, roots: left } = embedded.counts
  if (recorded > 0) log.say(`${drawCount(recorded, 'message')} failed: ${hintOf(given)('errors list --run')}`, 'warn')
  if (left > 0) {
    const lost = `${drawCount(left, 'event')} of "${graph.name}" could not be done in ${drawDuration(drainMs)}`
    log.say(`${lost}, and ${left === 1 ? 'is' : 'are'} lost.`, 'error')
  }
  // Nobody may read what is printed.
  await within(PRINT_MS, host.out.drained())
  return (isDone || left === 0) && service.failed === 0 ? 0 : 1
}

/** How long the end waits for a reader of what was printed. */
const PRINT_MS = 1000

/** Whether something ends in time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const isDone = await Promise.race([work.then(() => true), late])
  clearTimeout(timer)
  return isDone
}
