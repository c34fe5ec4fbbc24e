import { blame } from './blame.ts'
import type { Delivery } from './carrier.ts'
import { captureConsole } from './console.ts'
import { followCurrent, invocationOfUncaught } from './current.ts'
import { channelRoute } from './deliver/accept.ts'
import { createProgress } from './deliver/progress.ts'
import type { Invocation, Invoked } from './invocation.ts'
import { type Answer, copyForInvoke } from './invoke.ts'
import { idOf, type Message } from './message.ts'
import { policiesAnywhere, policiesOf } from './policies.ts'
import { type Position, positionText } from './position.ts'
import { callingOf } from './reach.ts'
import { openResources } from './resources.ts'
import { areRetried, retryPlaceOf, withHeldWaits, withoutMarks } from './retry-place.ts'
import { routerOf } from './routes.ts'
import { runDeliveries, type Work } from './run-deliveries.ts'
import { createLog } from './worker-log.ts'
import type { OpenWorker, WorkerParts } from './worker-parts.ts'
import { openRecorder } from './worker-recorder.ts'

/**
 * Runs one processor wherever it runs: deliveries in, emits and error records out. It is given its carriers, its store and
 * a clock, and knows nothing of the platform.
 */
export interface Worker {
  /** The processor that it runs. */
  readonly name: string
  /** Handles the records of one payload, and returns the answer for the platform. */
  records(records: Records): Promise<unknown>
  /** Handles an event that came over no stream. Throws the handler's error if it could not be recorded. */
  event(direct: Direct): Promise<undefined>
  /** Handles what another processor waits for, and returns what its handler settled with. */
  invoked(direct: Direct): Promise<Answer>
}

/** Loads a processor, runs its setup, and takes the lines that it writes from then on. Throws SETUP_FAILED. */
export async function openWorker({ load, spans, ...parts }: WorkerParts): Promise<Worker> {
  const { entry, name, host, store, carriers, logLevel, artifact } = parts
  const { topology, stage } = entry
  const baked = entry.processors[name]!
  const { timeoutMs } = baked
  const loaded = await load(name)
  const current = followCurrent()
  const log = createLog(host, logLevel)
  const resources = openResources(loaded, {
    ...{ stage, timeoutMs, after: host.after, describe: host.describe },
    log: (level, text) => log.ownLine(name, level, text),
  })
  await resources?.open().finally(log.flush)
  const writer = () => current.get()
  captureConsole<Invocation>(host.console, { writer, take: log.line, echo: false })
  host.onUncaught((error) => blame(invocationOfUncaught(error), error))
  const isKept = (position: Position) => carriers.receivers[position.carrier ?? '']?.receiver.isKept(position) ?? false
  const opened: OpenWorker = {
    ...parts,
    ...{ baked, current, log },
    recorder: openRecorder({ topology, stage, processor: name, host, log, store, isKept, artifact }),
    runtime: {
      topology,
      stage,
      timeoutMs,
      ...callingOf(loaded, baked),
      resources,
      state: parts.state,
      ...(spans && { spans }),
    },
    route: routerOf(baked.routes, (streams) =>
      channelRoute(
        name,
        streams.map((index) => entry.streams[index]!),
      ),
    ),
    progress: createProgress(),
    retryPlace: retryPlaceOf(entry, name, carriers),
  }
  return {
    name,
    records: (records) => handleRecords(opened, records),
    event: (direct) => handleEvent(opened, direct),
    invoked: (direct) => handleInvoked(opened, direct),
  }
}

/** Records that a carrier handed over. */
export interface Records {
  readonly via: string
  readonly payload: unknown
  /** When the platform ends the invocation, in milliseconds since 1970. */
  readonly endsMs: number
}

async function handleRecords(opened: OpenWorker, { via, payload, endsMs }: Records): Promise<unknown> {
  const { receiver } = opened.carriers.receivers[via]!
  const decode = () => receiver.decode(payload, opened.name)
  const first = decode()
  const isRetried = areRetried(first, opened.retryPlace)
  const policyOf = isRetried ? policiesAnywhere(opened) : policiesOf(opened, via, receiver)
  const nowMs = opened.host.now()
  const trust = (deliveries: readonly Delivery[]) =>
    isRetried ? withHeldWaits(deliveries, policiesAnywhere(opened), nowMs) : withoutMarks(deliveries)
  const failed = await runDeliveries(opened, trust(first), {
    endsMs,
    readAgain: () => trust(decode()),
    policyOf,
    overStream: !isRetried,
    invoked: undefined,
    redeliversAtOnce: receiver.redeliversAtOnce,
    recordFailure: opened.recorder.failed,
  })
  return receiver.settle(failed)
}

/** A message that came over no stream. */
export interface Direct {
  readonly message: Message
  readonly position: Position
  readonly endsMs: number
}

/**
 * Handles an event that came over no stream. If it cannot be finished now, this throws, and the platform stores the
 * event.
 */
async function handleEvent(opened: OpenWorker, direct: Direct): Promise<undefined> {
  const { failed, error } = await runOne(opened, direct, {
    invoked: undefined,
    policyOf: policiesAnywhere(opened),
    recordFailure: opened.recorder.failed,
  })
  if (failed.size > 0) throw error
}

/** Handles the message of an invoking processor. The caller receives a failure and decides what to do. */
async function handleInvoked(opened: OpenWorker, direct: Direct): Promise<Answer> {
  const invoked: Invoked = { result: undefined }
  const { isOk, error } = await runOne(opened, direct, {
    invoked,
    policyOf: () => opened.baked,
    recordFailure: () => undefined,
  })
  try {
    return isOk
      ? { result: copyForInvoke(opened.name, 'answer', invoked.result) }
      : { error: opened.host.describe(error) }
  } catch (refused) {
    return { error: opened.host.describe(refused) }
  }
}

interface Ended {
  readonly failed: ReadonlySet<string>
  readonly isOk: boolean
  /** What its last attempt failed with. */
  readonly error: unknown
}

async function runOne(
  opened: OpenWorker,
  { message, position, endsMs }: Direct,
  work: Pick<Work, 'policyOf' | 'recordFailure' | 'invoked'>,
): Promise<Ended> {
  const readAgain = readerOf(message, position)
  let last: Pick<Ended, 'isOk' | 'error'> = { isOk: false, error: new Error(`${positionText(position)} was not run`) }
  const failed = await runDeliveries(opened, readAgain(), {
    ...work,
    endsMs,
    readAgain,
    overStream: false,
    redeliversAtOnce: false,
    ended(_invocation, _delivery, outcome, error) {
      last = { isOk: outcome === 'ok', error }
    },
  })
  return { failed, ...last }
}

/** Returns a function that makes the delivery of one message, each time with a fresh copy of its event. */
function readerOf(message: Message, position: Position): () => readonly Delivery[] {
  const text = JSON.stringify(message.data)
  const record = idOf(message)
  return () => [{ record, position, messages: [{ ...message, data: text && JSON.parse(text) }] }]
}
