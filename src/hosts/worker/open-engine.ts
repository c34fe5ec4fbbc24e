import { AttakError } from '../../errors.ts'
import { blame } from '../../runtime/blame.ts'
import { captureConsole } from '../../runtime/console.ts'
import { followCurrent, invocationOfUncaught } from '../../runtime/current.ts'
import type { HandledStore } from '../../runtime/handled.ts'
import type { Invocation, InvocationHost, Invoked } from '../../runtime/invocation.ts'
import { absentRefusal, copyForInvoke, invokedMessage } from '../../runtime/invoke.ts'
import type { Message, Root } from '../../runtime/message.ts'
import { openResources } from '../../runtime/resources.ts'
import type { SourceEvent } from '../../runtime/source.ts'
import { describeThrown, errorOfThrown } from '../../runtime/thrown.ts'
import { openRecorder } from '../../runtime/worker-recorder.ts'
import { createBacklog } from './backlog.ts'
import type { EmbeddedParts, Engine } from './engine.ts'
import { pump, run } from './run-items.ts'
import {
  type Item,
  openStations,
  type Reply,
  type Station,
  type Stations,
  type TalliedRoot,
  type Tally,
  tallyOf,
} from './station.ts'

/** How an engine is connected to what its messages move in. */
export interface Connection {
  /** Makes the function that takes emits. */
  readonly accept: (engine: Engine, stations: Stations) => InvocationHost['accept']
  /** The largest message that it carries. */
  readonly messageBytes: number
  /** Remembers handled messages for so many milliseconds. */
  readonly remembering: (ttlMs: number) => HandledStore
  readonly putOff?: Engine['putOff']
}

/** Makes an engine. Takes the lines that handlers write, and their uncaught errors, until the returned function is called. */
export function openEngine(
  parts: EmbeddedParts,
  { accept, messageBytes, remembering, putOff }: Connection,
): { readonly engine: Engine; readonly release: () => void } {
  const { graph, host, log, store, state, spans, processors } = parts
  const current = followCurrent()
  const scope = { topology: graph.name, stage: graph.stage }
  const stations = openStations({
    ...{ graph, processors, spans, state, remembering, messageBytes },
    recorderOf(processor) {
      const recorder = openRecorder({ ...scope, processor, host, log, store, isKept: () => false, artifact: undefined })
      recorder.begin(Number.POSITIVE_INFINITY)
      return recorder
    },
    resourcesOf: (loaded, { timeoutMs }) =>
      openResources(loaded, {
        ...{ stage: graph.stage, timeoutMs, after: host.after, describe: host.describe },
        log: (level, text) => log.ownLine(loaded.name, level, text),
      }),
  })
  let accepting: InvocationHost['accept'] | undefined
  const engine: Engine = {
    ...parts,
    ...{ current, stations, backlog: createBacklog<Item>() },
    ...(putOff && { putOff }),
    accept: (...emitted) => accepting!(...emitted),
    invoke: (invocation, processor, data) => invokeIn(engine, invocation, { processor, data }),
    ...{ tallies: 0, started: 0, open: 0, taken: 0, recorded: 0 },
    awaiting: new Map(),
    pump: () => pump(engine),
    ...{ isPumping: false, isClosed: false, onRoom: [], onQuiet: [] },
  }
  const plain = accept(engine, stations)
  accepting = spans === undefined ? plain : spans.sending(plain)
  const release = captureConsole<Invocation>(host.console, { writer: current.get, take: log.line, echo: false })
  host.onUncaught((error) => blame(invocationOfUncaught(error), error))
  return { engine, release }
}

/** The station of a processor. Throws INPUT_INVALID if there is none. */
export function stationOf({ graph, stations }: Engine, name: string): Station {
  const station = stations.byName.get(name)
  if (station !== undefined) return station
  const what = `there is no processor "${name}" in "${graph.name}"`
  throw new AttakError('INPUT_INVALID', what, `It has: ${[...stations.byName.keys()].join(', ')}.`)
}

/** Makes the message of an event from outside. With `tally`, what it causes in this process is acknowledged with it. */
export function rootMessage(engine: Engine, event: SourceEvent, tally?: Tally): Message {
  const { event: data, topic, key, id, traceparent, to } = event
  const root: TalliedRoot | Root = {
    ...{ seed: engine.seed, position: engine.taken++, pending: 0, id },
    ...(tally && { tally }),
  }
  if (tally !== undefined) engine.tallies++
  return {
    ...{ data, topic, key, edge: { from: undefined, to }, parent: undefined, root, ordinal: 0 },
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
    tallyOf(message).pending++
    engine.open++
    engine.started++
    const item: Item = { message, way, lanes: way.lanes, reply, isStarted: true }
    // In a separate turn, because the current invocation is tracked by turns.
    queueMicrotask(() => current.apart(() => run(engine, way.station, [item])))
  })
}

interface ReplyParts extends Pick<Reply, 'isRecorded'> {
  /** Takes the result. What it throws is the failure. */
  readonly answer: (result: unknown) => void
}

/** Receives the outcome of a message that is not retried. */
export function replyTo(reject: (error: unknown) => void, { isRecorded, answer }: ReplyParts): Reply {
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
