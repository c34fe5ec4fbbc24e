import { MEMORY_BYTES, memorySender } from '../carriers/memory/carrier.ts'
import { AttakError, nearest } from '../errors.ts'
import type { LineTaker } from '../runtime/console.ts'
import { followCurrent, invocationOfUncaught } from '../runtime/current.ts'
import { type Invocation, keepDuration, keepLine, type LogLevel } from '../runtime/invocation.ts'
import { timeoutRefusal } from '../runtime/refusal.ts'
import { hasEnded, settle } from '../runtime/settle.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { createCopier } from './copy.ts'
import type { ResumedEvent } from './intake.ts'
import { openLates } from './lates.ts'
import type { SimulatedEdge } from './message.ts'
import { buildNetwork } from './network.ts'
import type { SessionOptions } from './options.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import type { SummaryEntry } from './transcript.ts'

/** Why a slice of work stopped: it was long enough, it wants input, the oldest handler is not done, or all is. */
export type Stop = 'over' | 'hungry' | 'waiting' | 'done'

/** Everything one simulation is made of. */
export interface PreparedRun {
  readonly scheduler: Scheduler
  /** Works until it must wait; `live`: does not let what is done wait for input. Virtual time stops at `untilMs`. */
  slice(live: boolean, untilMs: number): Stop
  /** Begins the time that a slice may take. */
  newSlice(): void
  /** From now on keeps what handlers do after their messages are done. */
  holdLates(): void
  /** Tells of it, and from now on at once. */
  tellLates(): void
  /** Resolves when an event is at hand, the input has ended, the run is aborted, or (`live`) the oldest is complete. */
  inputAtHand(live: boolean): Promise<void>
  /** Resolves when the oldest invocation is complete. */
  headComplete(): Promise<void>
  abort(reason: unknown): void
  /** Ends handlers whose time is up. */
  cutOffLate(): void
  /** Whether any was. */
  timedOut(): boolean
  /** Whose lines are written to the console, and what takes them. */
  readonly lines: Pick<LineTaker<Invocation>, 'writer' | 'take'>
  takeUncaught(error: unknown): boolean
  running(): Invocation | undefined
  oldest(): Invocation | undefined
  summary(): SummaryEntry
}

const SLICE_MS = 10

/** Puts a run together; nothing has started yet. */
export function prepareRun(options: SessionOptions): PreparedRun {
  const { graph, intake, recorder, now, openRoots = 4096, timings: timed = false, describe = describeThrown } = options
  const sayThrown = (error: unknown) => {
    const { stack, name, message } = describe(error)
    return stack ?? `${name}: ${message}`
  }
  const current = followCurrent()
  let sliceEndMs = now() + SLICE_MS
  let timedOut = false
  let awaited: { readonly invocation: Invocation; readonly wake: () => void } | undefined
  let stopWaiting = () => {}

  const lates = openLates(({ invocation, level, text, failure }) => {
    const nowMs = scheduler.nowMs()
    if (failure !== undefined) recorder?.fault?.(invocation, nowMs, failure.error)
    recorder?.line(invocation, nowMs, level, text)
  })
  const log = (invocation: Invocation, level: LogLevel, text: string) => {
    if (hasEnded(invocation)) lates.add({ invocation, level, text })
    else keepLine(invocation, level, text)
  }
  let aborted = false
  const blame = (invocation: Invocation, error: unknown, text: string) => {
    // What runs when a run is ended is cut off by us, and no fault of its own when it goes on.
    if (aborted) return
    scheduler.counts.failed++
    lates.add({ invocation, level: 'error', text, failure: { error } })
  }
  const network = buildNetwork({
    graph,
    processors: options.processors,
    createCopier: options.createCopier ?? createCopier,
    messageBytes: MEMORY_BYTES,
    ...(options.spans && { spans: options.spans }),
    invoke: (invoker, message) => scheduler.invoke(invoker, message),
    host: {
      log,
      late: (invocation, error) => blame(invocation, error, error.message),
      completed(invocation) {
        if (timed) keepDuration(invocation, roundedMs(Math.max(0, now() - invocation.startedMs)))
        invocation.rare?.invoked?.answer?.()
        if (awaited?.invocation === invocation) awaited.wake()
      },
      now,
    },
  })
  let lastTo: string | undefined
  let lastEdge: SimulatedEdge | undefined
  const edgeTo = (name: string) => {
    if (name !== lastTo || lastEdge === undefined) {
      lastEdge = network.inputs.get(name)
      if (lastEdge === undefined) throw unknownReceiver(name, network.inputs.keys(), scheduler.counts.roots)
      lastTo = name
    }
    return lastEdge
  }
  const edgeOf = ({ to, topic = '', resumed: { from } }: ResumedEvent) => {
    const came = network.streams.find(
      (edge, index) => edge.from === from && edge.to === to && (graph.streams[index]!.topics?.includes(topic) ?? true),
    )
    return came ?? edgeTo(to)
  }

  const nextInput = () => {
    const input = intake.next()
    if (input !== undefined || intake.ended()) return input
    // It is the user's own code, too, and that of no handler.
    return current.apart(intake.ask) ? intake.next() : undefined
  }

  const scheduler = createScheduler({
    seed: options.seed ?? 'attak',
    concurrency: options.concurrency ?? 256,
    openRoots,
    nextInput,
    edgeTo,
    edgeOf,
    openSender: memorySender,
    recorder,
    current,
    now,
    timed,
  })
  const runtimes: ReadonlySet<unknown> = new Set(network.processors)
  /** Whose code runs, if it is a handler of this run. */
  const ours = (invocation: Invocation | undefined) => (runtimes.has(invocation?.runtime) ? invocation : undefined)
  const running = () => ours(current.get())

  const isHungry = () => !intake.ended() && scheduler.hasRoom()

  const headComplete = () => {
    const invocation = scheduler.head()
    if (invocation?.state === 'complete') return Promise.resolve()
    return new Promise<void>((wake) => {
      if (invocation !== undefined) awaited = { invocation, wake }
    })
  }

  return {
    scheduler,
    slice(live, untilMs) {
      for (;;) {
        if (scheduler.lookedMs() > sliceEndMs) return 'over'
        if (scheduler.work(sliceEndMs)) continue
        const head = scheduler.head()
        if (isHungry() && !(live && head?.state === 'complete')) return 'hungry'
        if (head === undefined) {
          if (!scheduler.advance(untilMs)) return 'done'
        } else if (head.state !== 'complete') return 'waiting'
        else scheduler.commitHead()
      }
    },
    newSlice() {
      sliceEndMs = now() + SLICE_MS
    },
    holdLates: lates.hold,
    tellLates: lates.release,
    inputAtHand(live) {
      return new Promise((resolve, reject) => {
        stopWaiting = resolve
        const fill = async () => {
          try {
            resolve(await current.apart(intake.fill))
          } catch (error) {
            reject(error)
          }
        }
        const complete = async () => resolve(await headComplete())
        void fill()
        if (live) void complete()
      })
    },
    headComplete,
    abort(reason) {
      aborted = true
      scheduler.cutOff(
        () => true,
        () => reason,
      )
      stopWaiting()
    },
    cutOffLate() {
      const nowMs = now()
      const isOver = ({ startedMs, runtime }: Invocation) => nowMs - startedMs >= runtime.timeoutMs
      scheduler.cutOff(isOver, (invocation) => {
        timedOut = true
        return timeoutRefusal(invocation, invocation.runtime.timeoutMs)
      })
    },
    timedOut: () => timedOut,
    lines: { writer: running, take: log },
    takeUncaught(error) {
      const invocation = ours(invocationOfUncaught(error))
      if (invocation === undefined) return false
      if (invocation.state === 'running') settle(invocation, { error })
      else blame(invocation, error, `uncaught after it had settled: ${sayThrown(error)}`)
      return true
    },
    running,
    oldest() {
      const invocation = scheduler.head()
      return invocation?.state === 'running' ? invocation : undefined
    },
    summary: () => ({
      kind: 'summary',
      handled: Object.fromEntries(network.processors.map(({ name, handled }) => [name, handled])),
      emitted: Object.fromEntries(network.processors.map(({ name, emitted }) => [name, emitted])),
      outputs: scheduler.counts.outputs,
      failed: scheduler.counts.failed,
    }),
  }
}

/** To a microsecond. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function unknownReceiver(name: string, names: Iterable<string>, position: number): AttakError {
  const near = nearest(name, names)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return new AttakError(
    'TOPOLOGY_UNKNOWN_PROCESSOR',
    `input event ${position + 1}: no processor named "${name}".${hint}`,
    'Send it to a processor of the topology.',
  )
}
