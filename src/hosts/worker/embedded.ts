import { memory } from '../../carriers/memory/carrier.ts'
import type { Problem } from '../../errors.ts'
import type { Leader } from '../../runtime/broker.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import { closeResources, setUpAll } from '../../runtime/resources.ts'
import type { SourceEvent } from '../../runtime/source.ts'
import { createMemoryHandled } from '../../stores/memory/handled.ts'
import { arrive, type EmbeddedParts, type Engine, MOST_OPEN, roomFor } from './engine.ts'
import { openEngine, replyTo, rootMessage, stationOf } from './open-engine.ts'
import { acceptIn, type Reply, tallyOf } from './station.ts'

/** A topology that runs in this process: each message is done when it was handled, or recorded as failed. */
export interface RunningTopology {
  /** Runs the setup of each processor that has one and has not succeeded yet. Rejects with SETUP_FAILED when all have ended. */
  setUp(): Promise<void>
  /** Begins to receive messages of a broker; absent without one. */
  start?(): Promise<void>
  /** Says when this process leads a processor, one worker of a broker at a time; absent without one. */
  lead?(processor: string, leader: Leader): void
  /** Runs the teardown of each processor whose setup has succeeded. Returns the failures. */
  tearDown(): Promise<readonly Problem[]>
  /**
   * Takes an event. Resolves to the number of error records when its source may forget it: when it and all that it caused is
   * done, or when a broker has it.
   */
  take(event: SourceEvent): Promise<number>
  /** Runs its processor at once, without a retry. Resolves to the handler's result; rejects with its failure, which is recorded if `isRecorded` says so. */
  call(event: SourceEvent, isRecorded?: (error: unknown) => boolean): Promise<unknown>
  /** Waits while as many trees are open as may be; undefined when there is room for one more. */
  room(): Promise<void> | undefined
  /** Resolves when nothing of it runs, and everything that is done is acknowledged. */
  quiet(): Promise<void>
  readonly counts: Counts
  /** Whether a broker answers; absent without one. */
  isConnected?(): boolean
  /** Records that wait on a broker, by channel; absent without one. */
  lag?(): Promise<Readonly<Record<string, number>>>
  /** Whose code has the thread; undefined when it is no handler's. */
  running(): Invocation | undefined
  /** Ends it: nothing starts any more. Messages that are not done are lost. */
  close(): void
}

/** What is under way. */
export interface Counts {
  /** Trees that are not done. */
  readonly roots: number
  /** Handlers that run. */
  readonly running: number
  /** Messages that wait for a handler: for room, for their key, or for a retry. */
  readonly waiting: number
  /** Events on their way to a broker. */
  readonly sending: number
  /** Error records of messages so far. */
  readonly recorded: number
}

/** Opens a topology whose messages move in memory. Takes the lines that its handlers write, and their uncaught errors, until it is closed. */
export function openEmbedded(parts: EmbeddedParts): RunningTopology {
  const { graph, host, log } = parts
  const { engine, release } = openEngine(parts, {
    messageBytes: memory.rules.limits.messageBytes,
    // It remembers for as long as this process lives at the most.
    remembering: (ttlMs) => createMemoryHandled({ now: host.now, ttlMs }),
    accept: (engine, { routeOf }) =>
      acceptIn({
        ...{ graph, routeOf },
        arrive: (message, way) => {
          tallyOf(message).pending++
          arrive(engine, { message, way, lanes: way.lanes, reply: undefined, isStarted: false })
        },
        output: (invocation, message) => log.output(invocation, message, JSON.stringify(message.data)),
        room: (invocation) => roomFor(engine, invocation),
      }),
  })
  const enter = (event: SourceEvent, done: (failed: number) => void, reply: Reply | undefined) => {
    const way = stationOf(engine, event.to).entry
    const message = rootMessage(engine, event, { pending: 1, failed: 0, done })
    arrive(engine, { message, way, lanes: way.lanes, reply, isStarted: false })
  }
  return {
    ...lifecycleOf(engine),
    take: (event) => new Promise((done) => enter(event, done, undefined)),
    call: (event, isRecorded = () => true) =>
      new Promise((resolve, reject) => enter(event, () => {}, replyTo(reject, { isRecorded, answer: resolve }))),
    room: () => roomOf(engine),
    quiet: () => quietOf(engine),
    get counts() {
      return countsOf(engine)
    },
    running: engine.current.get,
    close() {
      engine.isClosed = true
      release()
    },
  }
}

/** Runs what processors have for the beginning and the end: `only` those, or all. */
export function lifecycleOf(
  { stations }: Engine,
  only?: readonly string[],
): Pick<RunningTopology, 'setUp' | 'tearDown'> {
  const run = [...stations.byName.values()].filter(({ name }) => only === undefined || only.includes(name))
  const resources = run.map(({ runtime }) => runtime.resources)
  return { setUp: () => setUpAll(resources), tearDown: () => closeResources(resources) }
}

/** Waits while as much is open as may be; undefined when there is room. */
export function roomOf(engine: Engine): Promise<void> | undefined {
  return engine.tallies < MOST_OPEN ? undefined : new Promise((resolve) => engine.onRoom.push(resolve))
}

/** Resolves when nothing is open. */
export function quietOf(engine: Engine): Promise<void> {
  return engine.tallies === 0 ? Promise.resolve() : new Promise((resolve) => engine.onQuiet.push(resolve))
}

/** What is under way. */
export function countsOf({ tallies, started, open, recorded }: Engine): Counts {
  return { roots: tallies, running: started, waiting: open - started, sending: 0, recorded }
}
