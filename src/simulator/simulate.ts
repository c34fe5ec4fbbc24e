import { clearInterval, setImmediate, setInterval } from 'node:timers'
import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import { captureConsole } from '../runtime/console.ts'
import type { Invocation, LogLevel } from '../runtime/invocation.ts'
import { closeResources } from '../runtime/resources.ts'
import { keepCalls } from '../runtime/thrown.ts'
import { openIntake } from './intake.ts'
import type { SessionOptions, SimulationOptions, SimulationResult } from './options.ts'
import {
  abortRun,
  cutOffLate,
  headComplete,
  inputAtHand,
  newSlice,
  oldestIn,
  openRun,
  type Run,
  roundedMs,
  runningIn,
  summaryOf,
  takeLine,
  takeUncaught,
  unsentIn,
  workSlice,
} from './run.ts'

/**
 * Runs an input through a topology until nothing is in flight: a discrete event simulation around the runtime of a
 * deployed function. Handlers really run, at zero virtual time; waits before retries are virtual. One input and seed
 * produce one transcript, if handlers depend on their event alone. That also holds when they await real I/O.
 *
 * Modeled: a copy of the event for each handler, order per key, retries and their waits, the hop limit, the size limit.
 * Not modeled: shards, batches, packs, throttling, duplicates, the cloud's time and memory limits (`timeout` is real
 * time), concurrency of the cloud, and a processor's memory: here one process serves all its events.
 *
 * Throws what the input throws, and TOPOLOGY_UNKNOWN_PROCESSOR for an event to an unknown processor.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { graph, recorder, seed = 'attak' } = options
  const session = openSession({ ...options, intake: openIntake(options.input) })
  try {
    recorder?.begin({ kind: 'run', version: 1, topology: graph.name, stage: graph.stage, seed })
    await session.runUntil(Number.POSITIVE_INFINITY)
    const notClosed = await session.tearDown()
    const result = session.result()
    recorder?.end(result.summary)
    return { ...result, notClosed }
  } finally {
    await session.close()
  }
}

/** A simulation that runs step by step, up to a given time. */
export interface Session {
  /**
   * Runs until nothing can continue before `untilMs` of virtual time (all input is taken, and waiting messages are due
   * later), and moves the time there; with `Infinity`, until nothing is in flight. Throws what the input throws. One
   * call at a time.
   */
  runUntil(untilMs: number): Promise<void>
  /** Virtual milliseconds. */
  readonly nowMs: number
  /** Messages that wait for a later virtual time. */
  readonly waiting: number
  /** The result so far. */
  result(): Omit<SimulationResult, 'notClosed'>
  /** Runs the teardown of each processor whose setup has run. Returns the failures, also when called again. */
  tearDown(): Promise<readonly Problem[]>
  /** Ends it: what still runs is aborted, and resources are closed. May be called again. */
  close(): Promise<void>
}

/** Opens a simulation; nothing has run yet. */
export function openSession(options: SessionOptions): Session {
  const { intake, signal, now } = options
  const run = openRun(options)
  const closing = new AbortController()
  const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
  const abort = () => abortRun(run, stop.reason)
  stop.addEventListener('abort', abort, { once: true })
  const writer = () => runningIn(run)
  const take = (invocation: Invocation, level: LogLevel, text: string) => takeLine(run, invocation, level, text)
  const releases = [
    options.console && captureConsole(options.console, { writer, take, echo: options.echo === true }),
    options.onUncaught?.((error) => takeUncaught(run, error)),
    keepCalls(),
  ]
  const resources = run.network.processors.map((processor) => processor.resources)
  const startedMs = now()
  options.onProbe?.({ running: writer, oldest: () => oldestIn(run) })
  return {
    async runUntil(untilMs) {
      const sweep = setInterval(() => cutOffLate(run), sweepMs(options.graph))
      try {
        newSlice(run)
        run.lates.hold()
        // By a callback, where `await` would add its callers to the stack of each error that a handler makes (5 µs).
        await new Promise<void>((resolve, reject) => {
          drive(run, { ...options, signal: stop, untilMs }).then(() => resolve(), reject)
        })
        // Work that a handler left to this turn of the event loop still belongs to the run.
        if (options.onUncaught !== undefined && signal?.aborted !== true) await new Promise(setImmediate)
      } finally {
        clearInterval(sweep)
        run.lates.release()
      }
    },
    get nowMs() {
      return run.schedule.nowMs
    },
    get waiting() {
      return run.schedule.retries.size()
    },
    result: () => resultOf(run, startedMs),
    tearDown: () => closeResources(resources),
    async close() {
      for (const release of releases.splice(0)) release?.()
      stop.removeEventListener('abort', abort)
      const reason = new Error('the simulation was closed')
      abortRun(run, reason)
      closing.abort(reason)
      await intake.close()
      await closeResources(resources)
    },
  }
}

function resultOf(run: Run, startedMs: number): ReturnType<Session['result']> {
  const { timings, now, signal } = run.options
  const summary = summaryOf(run)
  return {
    summary: timings === true ? { ...summary, tookMs: roundedMs(now() - startedMs) } : summary,
    roots: run.schedule.counts.roots,
    timedOut: run.timedOut,
    aborted: signal?.aborted === true,
    losses: run.losses.all,
    unsent: unsentIn(run),
  }
}

interface Drive extends Pick<SimulationOptions, 'signal' | 'live' | 'ready'> {
  readonly untilMs: number
}

/** Works in slices, and waits between them for whatever the slice stopped at. */
async function drive(run: Run, { signal, live = false, ready, untilMs }: Drive): Promise<void> {
  while (signal?.aborted !== true) {
    if (run.broken !== undefined) throw run.broken.error
    const stop = workSlice(run, live, untilMs)
    // A handler may have ended the run: nothing wakes what would wait for it now.
    if (stop === 'done' || signal?.aborted) return
    if (stop === 'hungry') await inputAtHand(run, live)
    else if (stop === 'waiting') await headComplete(run)
    else {
      await new Promise(setImmediate)
      await ready?.()
      newSlice(run)
    }
  }
}

/** Returns how often to look for handlers whose time is over. */
function sweepMs(graph: Graph): number {
  const shortestMs = Math.min(...graph.processors.map((processor) => processor.timeoutMs))
  return Math.min(250, Math.max(5, shortestMs / 4))
}
