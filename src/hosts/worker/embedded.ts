import { memory } from '../../carriers/memory/carrier.ts'
import { AttakError } from '../../errors.ts'
import { blame } from '../../runtime/blame.ts'
import { captureConsole } from '../../runtime/console.ts'
import { type Current, followCurrent, invocationOfUncaught } from '../../runtime/current.ts'
import type { Invocation, Invoked } from '../../runtime/invocation.ts'
import { absentRefusal, copyForInvoke, invokedMessage } from '../../runtime/invoke.ts'
import type { Message } from '../../runtime/message.ts'
import type { SourceEvent } from '../../runtime/source.ts'
import { describeThrown, errorOfThrown } from '../../runtime/thrown.ts'
import { openRecorder } from '../../runtime/worker-recorder.ts'
import { createBacklog } from './backlog.ts'
import { arrive, type EmbeddedParts, type Engine, MOST_ROOTS, roomFor } from './engine.ts'
import { pump, run } from './run-items.ts'
import { acceptIn, type Item, type OpenRoot, openStations, type Reply } from './station.ts'

/** A topology in one process: its messages move in memory, and each is done when it was handled or recorded as failed. */
export interface Embedded {
  /** Takes an event. Resolves to the number of error records when it and all that it caused is done. */
  take(event: SourceEvent): Promise<number>
  /** Runs its processor at once, without a retry. Resolves to the handler's result; rejects with its failure, which is recorded if `isRecorded` says so. */
  call(event: SourceEvent, isRecorded?: (error: unknown) => boolean): Promise<unknown>
  /** Waits while as many trees are open as may be; undefined when there is room for one more. */
  room(): Promise<void> | undefined
  /** Resolves when nothing is open. */
  quiet(): Promise<void>
  readonly counts: Counts
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
  /** Error records of messages so far. */
  readonly recorded: number
}

/** Opens a topology in this process. Takes the lines that its handlers write, and their uncaught errors, until it is closed. */
export function openEmbedded(parts: EmbeddedParts): Embedded {
  const { graph, host, log } = parts
  const current = followCurrent()
  const engine = makeEngine(parts, current)
  const release = captureConsole<Invocation>(host.console, { writer: current.get, take: log.line, echo: false })
  host.onUncaught((error) => blame(invocationOfUncaught(error), error))
  const stationOf = (name: string) => {
    const station = engine.stations.byName.get(name)
    if (station !== undefined) return station
    const what = `there is no processor "${name}" in "${graph.name}"`
    throw new AttakError('INPUT_INVALID', what, `It has: ${[...engine.stations.byName.keys()].join(', ')}.`)
  }
  return {
    take: (event) =>
      new Promise((done) => {
        const way = stationOf(event.to).entry
        arrive(engine, { message: rootMessage(engine, event, done), way, reply: undefined, isStarted: false })
      }),
    call: (event, isRecorded = () => true) =>
      new Promise((resolve, reject) => {
        const way = stationOf(event.to).entry
        const message = rootMessage(engine, event, () => {})
        arrive(engine, {
          message,
          way,
          reply: replyTo(reject, { isRecorded, answer: resolve }),
          isStarted: false,
        })
      }),
    room: () => (engine.roots < MOST_ROOTS ? undefined : new Promise((resolve) => engine.onRoom.push(resolve))),
    quiet: () => (engine.roots === 0 ? Promise.resolve() : new Promise((resolve) => engine.onQuiet.push(resolve))),
    get counts() {
      const { roots, started, open, recorded } = engine
      return { roots, running: started, waiting: open - started, recorded }
    },
    running: current.get,
    close() {
      engine.isClosed = true
      release()
    },
  }
}

function makeEngine(parts: EmbeddedParts, current: Current): Engine {
  const { graph, host, log, store, spans, processors } = parts
  const { messageBytes } = memory.rules.limits
  const scope = { topology: graph.name, stage: graph.stage }
  const stations = openStations({
    ...{ graph, processors, spans, messageBytes, now: host.now },
    recorderOf(processor) {
      const recorder = openRecorder({ ...scope, processor, host, log, store, isKept: () => false, artifact: undefined })
      recorder.begin(Number.POSITIVE_INFINITY)
      return recorder
    },
  })
  const accept = acceptIn({
    ...{ graph, routeOf: stations.routeOf },
    arrive: (message, way) => {
      message.root.pending++
      arrive(engine, { message, way, reply: undefined, isStarted: false })
    },
    output: (invocation, message) => log.output(invocation, message, JSON.stringify(message.data)),
    room: (invocation) => roomFor(engine, invocation),
  })
  const engine: Engine = {
    ...parts,
    ...{ current, stations, backlog: createBacklog<Item>() },
    accept: spans === undefined ? accept : spans.sending(accept),
    invoke: (invocation, processor, data) => invokeIn(engine, invocation, { processor, data }),
    ...{ roots: 0, started: 0, open: 0, taken: 0, recorded: 0 },
    awaiting: new Map(),
    pump: () => pump(engine),
    ...{ isPumping: false, isClosed: false, onRoom: [], onQuiet: [] },
  }
  return engine
}

function rootMessage(engine: Engine, event: SourceEvent, done: (failed: number) => void): Message {
  const { event: data, topic, key, id, traceparent } = event
  const root: OpenRoot = { seed: engine.seed, position: engine.taken++, pending: 1, id, failed: 0, done }
  engine.roots++
  return {
    ...{ data, topic, key, edge: { from: undefined, to: event.to }, parent: undefined, root, ordinal: 0 },
    ...{ hop: 1, attempt: 1, id: undefined, traceparent },
  }
}

/** Runs a message for a handler that waits for the answer, beside all else. */
function invokeIn(
  engine: Engine,
  invocation: Invocation,
  { processor, data }: { readonly processor: string; readonly data: unknown },
): Promise<unknown> {
  const { graph, stations, current } = engine
  const edge = { from: invocation.processor, to: processor, invoked: true } as const
  const way = stations.byName.get(processor)?.entry
  if (way === undefined) throw absentRefusal(processor)
  const copied = copyForInvoke(processor, 'data', data)
  const message = invokedMessage(invocation, { edge, data: copied, hopLimit: graph.hopLimit })
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(errorOfThrown(describeThrown(error)))
    const answer = (result: unknown) => resolve(copyForInvoke(processor, 'answer', result))
    const reply = replyTo(fail, { isRecorded: () => false, answer })
    message.root.pending++
    engine.open++
    engine.started++
    const item: Item = { message, way, reply, isStarted: true }
    // In a separate turn, because the current invocation is tracked by turns.
    queueMicrotask(() => current.apart(() => run(engine, way.station, [item])))
  })
}

interface ReplyParts extends Pick<Reply, 'isRecorded'> {
  /** Takes the result. What it throws is the failure. */
  readonly answer: (result: unknown) => void
}

function replyTo(reject: (error: unknown) => void, { isRecorded, answer }: ReplyParts): Reply {
  const invoked: Invoked = { result: undefined }
  return {
    ...{ invoked, isRecorded },
    settled(failure) {
      if (failure !== undefined) return reject(failure.error)
      try {
        answer(invoked.result)
      } catch (error) {
        reject(error)
      }
    },
  }
}
