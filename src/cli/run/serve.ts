import { clearTimeout, setTimeout } from 'node:timers'
import { AttakError } from '../../errors.ts'
import type { Counts } from '../../hosts/worker/embedded.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import { createTaking, type Taking } from '../../sources/taking.ts'
import { errorsFile, RUN_PART } from '../../stores/file/store.ts'
import { drawCount, drawDuration } from '../../view/duration.ts'
import { colorsOf } from '../../view/print.ts'
import { givenOnBroker, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { watchEnding } from './ending.ts'
import { openService, type ServeOptions, type Service, startService } from './open.ts'

/**
 * Runs a topology until a signal comes, or its input and all its sources have ended. Returns the exit code: 0 when everything
 * was done, and nothing failed that came before all input ended. Throws SOURCE_FAILED if something cannot be listened on.
 */
export async function serve(options: ServeOptions, host: Host): Promise<number> {
  refuseIdle(options)
  const service = await openService(options, host)
  const { running, chosen, input, signal } = service
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
  // On a broker, the next worker records what ends a process again and again.
  const errors = chosen === undefined ? errorsFile(options.project.dir, RUN_PART, options.graph.name) : undefined
  const unwatch = watchEnding({ ...options, errors, running: running.running, flush: service.log.lines.flush }, host)
  const taking = createTaking({ ...running, say: service.log.say, after: service.workerHost.after })
  try {
    await startService(service)
    if (service.readiness === 'ready') tellStart(service)
    const feeding = input === undefined ? Promise.resolve() : feed(service, input, taking).catch(fault(service))
    const endings = service.sources.map(({ ended }) => ended ?? stopped)
    // A worker of a broker gets messages from elsewhere, too.
    const over = chosen === undefined ? Promise.all([feeding, ...endings]).then(() => running.quiet()) : stopped
    await Promise.race([stopped, over])
    const code = await stop(service, taking)
    if (service.fault !== undefined) throw service.fault.error
    return code
  } catch (error) {
    await within(service.drainMs, running.tearDown())
    throw error
  } finally {
    unwatch()
    for (const off of service.offs) off()
    running.close()
    await chosen?.broker.close()
    await service.state?.close()
    await service.admin?.close()
  }
}

function refuseIdle({ graph, input, broker }: ServeOptions): void {
  if (input !== undefined || broker !== undefined || (graph.sources ?? []).length > 0) return
  const what = `nothing brings events to "${graph.name}": it has no sources, and no --input is given`
  const remedy = "Add sources: { orders: { type: 'http', to: 'processor', path: '/orders' } }, or give --input FILE."
  throw new AttakError('USAGE', what, remedy)
}

function tellStart({ graph, runs, host, log, admin, input, chosen, sources }: Service): void {
  const colors = colorsOf(host.out)
  const count = drawCount(runs.length, 'processor')
  const lines = [
    ...(chosen === undefined ? [] : [`${runs.join(', ')} over ${chosen.broker.place}`]),
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
    if (service.sources.length > 0 || service.chosen !== undefined)
      service.log.say(`The input broke off: ${describeThrown(error).message}`, 'error')
  }
}

/** Puts in the events of an input, as long as there is room. */
async function feed(service: Service, input: RunInput, taking: Taking): Promise<void> {
  const { running, signal } = service
  for await (const chunk of input.chunks) {
    for (const event of chunk) {
      await running.room()
      if (signal.aborted) return
      taking.take(event, (errors) => {
        service.failed += errors
      })
    }
  }
}

/** Takes nothing more, and waits for what is open. Returns the exit code. */
async function stop(service: Service, taking: Taking): Promise<number> {
  const { running, chosen, sources, host, log, drainMs, given, signal } = service
  const wasReady = service.readiness === 'ready'
  service.readiness = 'stopping'
  const open = running.counts.roots + running.counts.sending
  if (signal.aborted) {
    log.say(
      open === 0
        ? 'Stopping.'
        : `Stopping: ${drawCount(open, 'event')} open, for up to ${drawDuration(drainMs)}. A second signal ends it at once.`,
    )
  }
  const all = Promise.all([taking.settled(), ...sources.map((source) => source.stop())]).then(() => running.quiet())
  const isDone = await within(drainMs, all)
  log.lines.flush()
  for (const note of service.input?.notes() ?? []) log.say(note, 'warn')
  const counts = running.counts
  const tearing = running.tearDown().then((problems) => {
    for (const { where, what } of problems) log.say(`${where}: ${what}`, 'error')
  })
  // A setup may still run.
  await (wasReady ? tearing : within(drainMs, tearing))
  const { recorded } = counts
  if (recorded > 0)
    log.say(
      `${drawCount(recorded, 'message')} failed: ${chosen === undefined ? hintOf(given)('errors list --run') : hintOf(givenOnBroker(given))('errors list')}`,
      'warn',
    )
  const left = isDone ? 0 : sayLeft(service, counts)
  // Nobody may read what is printed.
  await within(PRINT_MS, host.out.drained())
  const hasFailed = service.failed > 0 || (!signal.aborted && recorded > 0)
  return (isDone || left === 0) && !hasFailed ? 0 : 1
}

/** Says what becomes of what is open when the time is over. Returns how much that is. */
function sayLeft({ graph, chosen, drainMs, log }: Service, { roots, sending }: Counts): number {
  const say = (count: number, what: string, then: string) => {
    if (count === 0) return
    const late = `${drawCount(count, 'event')} of "${graph.name}" ${what} in ${drawDuration(drainMs)}`
    log.say(`${late}, and ${count === 1 ? 'is' : 'are'} ${then}.`, 'error')
  }
  say(roots, 'could not be done', chosen === undefined ? 'lost' : 'left to other workers')
  say(sending, 'did not reach the broker', 'lost')
  return roots + sending
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
