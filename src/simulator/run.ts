import { clearTimeout, setTimeout } from 'node:timers'
import { memory } from '../carriers/memory/carrier.ts'
import { followCurrent, invocationOfUncaught } from '../runtime/current.ts'
import { type Invocation, type InvocationHost, keepDuration, keepLine, type LogLevel } from '../runtime/invocation.ts'
import { timeoutRefusal } from '../runtime/refusal.ts'
import { openResources } from '../runtime/resources.ts'
import { hasEnded, settle } from '../runtime/settle.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { createMemoryState } from '../stores/memory/state.ts'
import { createCopier } from './copy.ts'
import { openInputEdges } from './input-edges.ts'
import { type Lates, openLates } from './lates.ts'
import { type Losses, openLosses } from './losses.ts'
import { buildNetwork, type Network, type NetworkParts } from './network.ts'
import type { SessionOptions } from './options.ts'
import type { Schedule } from './schedule.ts'
import { advance, commitHead, cutOffRunning, hasRoom, headOf, openSchedule, work } from './scheduler.ts'
import type { SummaryEntry } from './transcript.ts'
import { openTurns, type Turns } from './turns.ts'

/** Everything one simulation is made of. */
export interface Run {
  readonly options: SessionOptions
  readonly network: Network
  /** The processors of `network`: whose invocations are of this run. */
  readonly runtimes: ReadonlySet<unknown>
  readonly schedule: Schedule
  /** The deeds of handlers after their messages are done. */
  readonly lates: Lates
  /** Of handlers that use state. */
  readonly turns: Turns
  readonly losses: Losses
  /** When the slice of work ends, in real milliseconds. */
  sliceEndMs: number
  /** Whether a handler's time was up. */
  timedOut: boolean
  aborted: boolean
  /** Why the run cannot go on: a setup failed. */
  broken: { readonly error: unknown } | undefined
  /** The invocation that the run waits for. */
  awaited: { readonly invocation: Invocation; readonly wake: () => void } | undefined
  /** Ends the wait for input. */
  stopWaiting: () => void
}

/** Why a slice of work stopped: it was long enough, it wants input, the oldest handler is not done, or all is. */
export type Stop = 'over' | 'hungry' | 'waiting' | 'done'

const SLICE_MS = 10

/** Puts a run together; nothing has started yet. */
export function openRun(options: SessionOptions): Run {
  const { graph, recorder, now } = options
  const current = followCurrent()
  const losses = openLosses()
  const network = buildNetwork({
    ...{ graph, losses },
    processors: options.processors,
    createCopier: options.createCopier ?? createCopier,
    messageBytes: memory.rules.limits.messageBytes,
    ...(options.spans && { spans: options.spans }),
    invoke: (invoker, message) => run.schedule.invoked.run(invoker, message),
    host: hostOf(() => run),
    resourcesOf: resourcesIn(options, () => run),
    state: createMemoryState({ now: () => run.schedule.nowMs }),
  })
  const edges = openInputEdges(network, graph)
  const schedule = openSchedule({
    seed: options.seed ?? 'attak',
    concurrency: options.concurrency ?? 256,
    mostOpenRoots: options.openRoots ?? 4096,
    nextInput: () => nextInput(run),
    edgeTo: (name) => edges.to(name, schedule.counts.roots),
    edgeOf: (resumed) => edges.of(resumed, schedule.counts.roots),
    ticks: options.ticks,
    recorder,
    current,
    started: options.started,
    now,
    timed: options.timings === true,
  })
  const lates = openLates(({ invocation, level, text, failure }) => {
    const { nowMs } = schedule
    if (failure !== undefined) recorder?.fault?.(invocation, nowMs, failure.error)
    recorder?.line(invocation, nowMs, level, text)
  })
  const run: Run = {
    options,
    network,
    runtimes: new Set(network.processors),
    schedule,
    turns: openTurns(schedule),
    lates,
    losses,
    sliceEndMs: now() + SLICE_MS,
    timedOut: false,
    aborted: false,
    broken: undefined,
    awaited: undefined,
    stopWaiting: () => {},
  }
  return run
}

function hostOf(run: () => Run): Omit<InvocationHost, 'accept' | 'invoke'> {
  return {
    log: (invocation, level, text) => takeLine(run(), invocation, level, text),
    turn: (invocation) => run().turns.wait(invocation),
    late: (invocation, error) => blame(run(), invocation, error, error.message),
    completed: (invocation) => takeCompleted(run(), invocation),
    now: () => run().options.now(),
  }
}

/** A setup runs for the first message of its processor: lines that it writes are lines of that message. If it fails, the run ends. */
function resourcesIn(
  { graph, describe = describeThrown }: SessionOptions,
  run: () => Run,
): NetworkParts['resourcesOf'] {
  return (loaded, { timeoutMs }) =>
    openResources(loaded, {
      ...{ stage: graph.stage, timeoutMs, describe },
      after(ms, call) {
        const timer = setTimeout(call, ms)
        return () => clearTimeout(timer)
      },
      log(level, text) {
        const writer = runningIn(run())
        if (writer !== undefined) takeLine(run(), writer, level, text)
      },
      failed: (error) => breakRun(run(), error),
    })
}

/** Ends a run that cannot go on. */
function breakRun(run: Run, error: unknown): void {
  if (run.aborted) return
  run.broken = { error }
  abortRun(run, error)
}

function takeCompleted({ schedule, awaited, turns }: Run, invocation: Invocation): void {
  if (schedule.timed) keepDuration(invocation, roundedMs(Math.max(0, schedule.now() - invocation.startedMs)))
  invocation.rare?.invoked?.answer?.()
  if (awaited?.invocation === invocation) awaited.wake()
  turns.pass()
}

function nextInput({ options: { intake }, schedule: { current } }: Run) {
  const input = intake.next()
  if (input !== undefined || intake.ended()) return input
  // Inputs are the user's own code too, but no handler's.
  return current.apart(intake.ask) ? intake.next() : undefined
}

/** Takes a line that a handler wrote. */
export function takeLine({ lates }: Run, invocation: Invocation, level: LogLevel, text: string): void {
  if (hasEnded(invocation)) lates.add({ invocation, level, text })
  else keepLine(invocation, level, text)
}

/** Fails the invocation that left an uncaught error behind. Returns false if there is none in this run. */
export function takeUncaught(run: Run, error: unknown): boolean {
  const invocation = ofRun(run, invocationOfUncaught(error))
  if (invocation === undefined) return false
  if (invocation.phase === 'running') settle(invocation, { error })
  else {
    const { stack, name, message } = (run.options.describe ?? describeThrown)(error)
    blame(run, invocation, error, `uncaught after it had settled: ${stack ?? `${name}: ${message}`}`)
  }
  return true
}

function blame({ aborted, schedule, lates }: Run, invocation: Invocation, error: unknown, text: string): void {
  // The end of a run cuts off its handlers. If they continue, that is not their fault.
  if (aborted) return
  schedule.counts.failed++
  lates.add({ invocation, level: 'error', text, failure: { error } })
}

/** Returns whose code has the thread, if it is a handler of this run. */
export function runningIn(run: Run): Invocation | undefined {
  return ofRun(run, run.schedule.current.get())
}

function ofRun({ runtimes }: Run, invocation: Invocation | undefined): Invocation | undefined {
  return runtimes.has(invocation?.runtime) ? invocation : undefined
}

/** Returns the oldest invocation that has not settled, if nothing older waits to be committed. */
export function oldestIn({ schedule }: Run): Invocation | undefined {
  const invocation = headOf(schedule)
  return invocation?.phase === 'running' ? invocation : undefined
}

/** Begins the time that a slice may take. */
export function newSlice(run: Run): void {
  run.sliceEndMs = run.schedule.now() + SLICE_MS
}

/**
 * Works until it must wait. With `live`, commits the oldest handler rather than waiting for input. Virtual time stops at
 * `untilMs`.
 */
export function workSlice({ schedule, options: { intake }, sliceEndMs }: Run, live: boolean, untilMs: number): Stop {
  for (;;) {
    if (schedule.lookedMs > sliceEndMs) return 'over'
    if (work(schedule, sliceEndMs)) continue
    const head = headOf(schedule)
    const isHungry = !intake.ended() && hasRoom(schedule)
    if (isHungry && !(live && head?.phase === 'complete')) return 'hungry'
    if (head === undefined) {
      if (!advance(schedule, untilMs)) return 'done'
    } else if (head.phase !== 'complete') return 'waiting'
    else commitHead(schedule)
  }
}

/** Resolves when an event is available, the input has ended, the run is aborted, or (`live`) the oldest is complete. */
export function inputAtHand(run: Run, live: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    run.stopWaiting = resolve
    run.schedule.current.apart(run.options.intake.fill).then(resolve, reject)
    if (live) void headComplete(run).then(resolve)
  })
}

/** Resolves when the oldest invocation is complete. */
export function headComplete(run: Run): Promise<void> {
  const invocation = headOf(run.schedule)
  if (invocation?.phase === 'complete') return Promise.resolve()
  return new Promise<void>((wake) => {
    if (invocation !== undefined) run.awaited = { invocation, wake }
  })
}

/** Ends the run: nothing more starts, and everything that runs is cut off. */
export function abortRun(run: Run, reason: unknown): void {
  run.aborted = true
  cutOffRunning(
    run.schedule,
    () => true,
    () => reason,
  )
  run.stopWaiting()
}

/** Ends handlers whose time is up. */
export function cutOffLate(run: Run): void {
  // An invoked handler that outlasts its invoker gets a place of its own.
  run.turns.pass()
  const nowMs = run.schedule.now()
  const isOver = ({ startedMs, runtime }: Invocation) => nowMs - startedMs >= runtime.timeoutMs
  cutOffRunning(run.schedule, isOver, (invocation) => {
    run.timedOut = true
    return timeoutRefusal(invocation, invocation.runtime.timeoutMs)
  })
}

/** Returns what the run has come to so far. */
export function summaryOf({ network: { processors }, schedule: { counts } }: Run): SummaryEntry {
  return {
    kind: 'summary',
    handled: Object.fromEntries(processors.map(({ name, handled }) => [name, handled])),
    emitted: Object.fromEntries(processors.map(({ name, emitted }) => [name, emitted])),
    outputs: counts.outputs,
    failed: counts.failed,
  }
}

/** Returns the processors with streams whose handlers returned data and never emitted any. */
export function unsentIn({ network: { processors, streams } }: Run): readonly string[] {
  return processors
    .filter(({ name, hasResult, emitted }) => hasResult && emitted === 0 && streams.some(({ from }) => from === name))
    .map(({ name }) => name)
}

/** To a microsecond. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
