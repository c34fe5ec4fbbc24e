import type { AwsClient } from '../../aws/client.ts'
import type { Place } from '../../aws/names.ts'
import type { StoreParts } from '../../aws/store-parts.ts'
import { captureConsole } from '../../runtime/console.ts'
import { type Current, followCurrent, invocationOfUncaught } from '../../runtime/current.ts'
import { acceptInto, type ChannelRoute, channelRoute } from '../../runtime/deliver/accept.ts'
import { deliver } from '../../runtime/deliver/deliver.ts'
import { createProgress, type Progress } from '../../runtime/deliver/progress.ts'
import { type DeliverParts, endsOf } from '../../runtime/deliver/round.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import { idOf, type Message } from '../../runtime/message.ts'
import { createOutbox, type Outbox } from '../../runtime/outbox.ts'
import type { ProcessorRuntime } from '../../runtime/processor.ts'
import { callingOf } from '../../runtime/reach.ts'
import { type Router, routerOf } from '../../runtime/routes.ts'
import { settle } from '../../runtime/settle.ts'
import type { Spans } from '../../runtime/spans.ts'
import type { ErrorStore } from '../../runtime/store.ts'
import { textOf } from '../../runtime/text.ts'
import { describeThrown, errorOfThrown } from '../../runtime/thrown.ts'
import type { Delivery } from '../../runtime/transport.ts'
import { PROCESSOR_VARIABLE } from '../artifact.ts'
import type { Carrier, CarrierMaker } from './carrier.ts'
import type { BakedProcessor, EntryDefinition } from './definition.ts'
import type { rememberHandled } from './handled.ts'
import type { EntryHost } from './host.ts'
import type { invokeBy } from './invoker.ts'
import { createLog, type EntryLog } from './log.ts'
import { openRecorder, type Recorder } from './recorder.ts'
import { keepIn, type RetryQueue, retryQueueOf } from './retry-queue.ts'

/** A processor's function, from its first invocation on. */
export interface OpenFunction extends EntryWorld, Pick<EntryParts, 'invokeBy'>, Pick<DeliverParts, 'leases'> {
  readonly definition: EntryDefinition
  readonly carriers: readonly Carrier[]
  readonly name: string
  readonly baked: BakedProcessor
  readonly place: Place
  readonly runtime: Omit<ProcessorRuntime, 'host'>
  readonly route: Router<ChannelRoute>
  readonly progress: Progress
  readonly current: Current
  readonly log: EntryLog
  readonly recorder: Recorder
  readonly retryQueue: RetryQueue | undefined
}

/**
 * What some processors need and others do not: the generated module of an artifact hands in what its own do, so that the rest
 * is no part of it. See `generate.ts`.
 */
export interface EntryParts {
  /** Of all streams that come to them and go from them. */
  readonly carriers: readonly CarrierMaker[]
  /** Opens what keeps their error records. */
  openStore(parts: StoreParts): ErrorStore
  /** Where one invokes others. */
  readonly invokeBy?: typeof invokeBy
  /** Where the project has OpenTelemetry. */
  readonly spans?: Spans
  /** Where one is not to handle again what it has handled. */
  readonly rememberHandled?: typeof rememberHandled
}

/** Where an entry runs. */
export interface EntryWorld {
  readonly host: EntryHost
  readonly client: AwsClient
}

/** Loads the processor that this function is, and takes the lines that it writes from then on. */
export async function openFunction(
  definition: EntryDefinition,
  { carriers: makers, invokeBy, openStore, spans, rememberHandled }: EntryParts,
  world: EntryWorld & { readonly place: Place },
): Promise<OpenFunction> {
  const { host, client, place } = world
  const name = processorOf(definition, host.env[PROCESSOR_VARIABLE])
  const { topology, stage, processors, errors } = definition
  const baked = processors[name]!
  const { timeoutMs } = baked
  const loaded = await definition.load(name)
  const current = followCurrent()
  const carriers = makers.map((make) => make(client))
  const log = createLog(host)
  const writer = () => current.get()
  captureConsole<Invocation>(host.console, { writer, take: log.line, echo: false })
  host.onUncaught((error) => blame(invocationOfUncaught(error), error))
  return {
    ...world,
    ...{ definition, name, baked, carriers, current, log },
    recorder: openRecorder({
      ...{ topology, stage, processor: name, host, log },
      store: openStore({ topology, stage, client, place, errors, now: host.now }),
    }),
    ...(invokeBy && { invokeBy }),
    leases: baked.idempotent && rememberHandled?.({ ...world, definition, baked }),
    runtime: { topology, stage, timeoutMs, ...callingOf(loaded, baked), ...(spans && { spans }) },
    route: routerOf(baked.routes, (streams) =>
      channelRoute(
        name,
        streams.map((index) => definition.streams[index]!),
      ),
    ),
    progress: createProgress(),
    retryQueue: retryQueueOf({ ...world, definition, name, carriers }),
  }
}

/** What nobody catches fails the handler that left it behind, or is what that did too late; false where it is nobody's. */
function blame(invocation: Invocation | undefined, error: unknown): boolean {
  if (invocation === undefined) return false
  if (invocation.state === 'running') settle(invocation, { error })
  else invocation.runtime.host.late(invocation, errorOfThrown(describeThrown(error)))
  return true
}

function processorOf({ topology, processors }: EntryDefinition, named: string | undefined): string {
  const names = Object.keys(processors)
  const name = named ?? (names.length === 1 ? names[0] : undefined)
  if (name !== undefined && Object.hasOwn(processors, name)) return name
  const what = named === undefined ? 'is not set' : `is "${named}"`
  throw new Error(
    `${PROCESSOR_VARIABLE} ${what}; this artifact of "${topology}" holds ${names.join(', ')}. Deploy it again.`,
  )
}

/** What one invocation is to handle; `ended` hears of what is logged, too. */
export interface Work
  extends Pick<DeliverParts, 'policyOf' | 'recordFailure' | 'endsMs' | 'invoked' | 'redeliversAtOnce'> {
  /** The deliveries, each time with events that nobody has touched. */
  readonly readAgain: DeliverParts['readAgain']
  readonly ended?: DeliverParts['ended']
  /** It came over a stream, which may keep the order of keys: what has one stays there. */
  readonly overStream: boolean
}

/** Handlers that run at once in one function: as many as a mapping hands over where nothing is said. */
const CONCURRENCY = 100

/** Runs deliveries through the processor, with an outbox for all that they emit; gives the records that come again. */
export async function runDeliveries(
  opened: OpenFunction,
  deliveries: readonly Delivery[],
  work: Work,
): Promise<ReadonlySet<string>> {
  const { definition, baked, host, log, progress, current, route, runtime, invokeBy, recorder, retryQueue } = opened
  const { policyOf, readAgain, recordFailure, invoked, endsMs, overStream, redeliversAtOnce } = work
  const { answerMs } = endsOf(host.now(), endsMs)
  const remainingMs = () => answerMs - host.now()
  const outbox = openOutbox(opened, remainingMs)
  recorder.begin(answerMs)
  const output = baked.outputs ? log.output : () => {}
  const accept = acceptInto({ route, hopLimit: definition.hopLimit, outbox, output })
  const queue = baked.retryQueue && invoked === undefined ? retryQueue : undefined
  const failed = await deliver(deliveries, {
    policyOf,
    readAgain,
    recordFailure,
    endsMs,
    invoked,
    redeliversAtOnce,
    // Whoever invoked it waits for its answer, which is not remembered.
    leases: invoked === undefined ? opened.leases : undefined,
    ended: logEnds(opened, deliveries, work.ended),
    processor: runtime,
    host: {
      accept: runtime.spans === undefined ? accept : runtime.spans.sending(accept),
      invoke: invokeBy?.({ ...opened, remainingMs }),
      late: (invocation, error) => recorder.late(invocation, error, { first: deliveries, readAgain }),
      log: log.line,
    },
    later: queue && { keep: keepIn(outbox, queue), keyed: !overStream },
    idle() {
      outbox.idle()
      recorder.flush()
    },
    now: host.now,
    after: host.after,
    progress,
    current,
    concurrency: CONCURRENCY,
  })
  await recorder.settled()
  log.flush()
  return failed
}

/** Logs what becomes of attempts, with their events where that is wished. */
function logEnds(
  { baked, log }: OpenFunction,
  deliveries: readonly Delivery[],
  ended: DeliverParts['ended'] = () => {},
): DeliverParts['ended'] {
  const events = baked.logEvents ? eventTexts(deliveries) : undefined
  return (invocation, delivery, outcome, error) => {
    const { message } = invocation
    log.ended(invocation, delivery, outcome, error, events?.get(message) ?? events?.get(idOf(message)))
    ended(invocation, delivery, outcome, error)
  }
}

/** The largest event that is logged: CloudWatch takes 1 MB a line, and a character may be three bytes. */
const MOST_EVENT_CHARACTERS = 300_000

/**
 * The events as JSON, before a handler can touch them; without those too large for a line. By their messages, since two may
 * have one id, and by ids for later attempts, which have messages of their own.
 */
function eventTexts(deliveries: readonly Delivery[]): ReadonlyMap<Message | string, string> {
  const texts = new Map<Message | string, string>()
  for (const message of deliveries.flatMap(({ messages }) => messages)) {
    const text = textOf(message.data)
    if (text !== undefined && text.length <= MOST_EVENT_CHARACTERS) texts.set(message, text).set(idOf(message), text)
  }
  return texts
}

function openOutbox(
  { definition, carriers, host, place, retryQueue }: OpenFunction,
  remainingMs: () => number,
): Outbox {
  const { topology, stage, streams } = definition
  const { now, after, random } = host
  return createOutbox({
    topology,
    stage,
    now,
    after,
    random,
    channel(name) {
      if (name === retryQueue?.channel) return retryQueue
      const { via, fifo, pack } = streams.find(({ channel }) => channel === name)!
      const carrier = carriers.find((one) => one.via === via)!
      return {
        transport: carrier.transport(fifo),
        pack,
        address: carrier.addressOf(place, carrier.nameOf({ topology, stage }, name, fifo)),
      }
    },
    remainingMs,
  })
}
