import type { Delivery } from './carrier.ts'
import { acceptInto } from './deliver/accept.ts'
import { deliver } from './deliver/deliver.ts'
import { type DeliverParts, endsOf } from './deliver/round.ts'
import { idOf, type Message } from './message.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { keepIn } from './retry-place.ts'
import { textOf } from './text.ts'
import type { OpenWorker } from './worker-parts.ts'

/** The work of one invocation; `ended` is called in addition to the log. */
export interface Work
  extends Pick<DeliverParts, 'policyOf' | 'recordFailure' | 'endsMs' | 'invoked' | 'redeliversAtOnce'> {
  /** Decodes the deliveries, each time with fresh events. */
  readonly readAgain: DeliverParts['readAgain']
  readonly ended?: DeliverParts['ended']
  /** It came over a stream, which may keep the order of keys. Then messages with a key stay there. */
  readonly overStream: boolean
}

/** How many handlers run at once in one function: the default batch size of a mapping. */
const CONCURRENCY = 100

/** Runs deliveries through the processor, with an outbox for its emits. Returns the records to redeliver. */
export async function runDeliveries(
  opened: OpenWorker,
  deliveries: readonly Delivery[],
  work: Work,
): Promise<ReadonlySet<string>> {
  const { entry, baked, host, log, progress, current, route, runtime, openInvoke, recorder, retryPlace } = opened
  const { policyOf, readAgain, recordFailure, invoked, endsMs, overStream, redeliversAtOnce } = work
  const { answerMs } = endsOf(host.now(), endsMs)
  const remainingMs = () => answerMs - host.now()
  const outbox = openOutbox(opened, remainingMs)
  recorder.begin(answerMs)
  const output = baked.outputs ? log.output : () => {}
  const accept = acceptInto({ route, hopLimit: entry.hopLimit, outbox, output })
  const place = baked.retryQueue && invoked === undefined ? retryPlace : undefined
  const failed = await deliver(deliveries, {
    policyOf,
    readAgain,
    recordFailure,
    endsMs,
    invoked,
    redeliversAtOnce,
    // The invoker waits for the answer, which is not remembered.
    leases: invoked === undefined ? opened.leases : undefined,
    ended: logEnds(opened, deliveries, work.ended),
    processor: runtime,
    host: {
      accept: runtime.spans === undefined ? accept : runtime.spans.sending(accept),
      invoke: openInvoke?.(remainingMs),
      late: (invocation, error) => recorder.late(invocation, error, { first: deliveries, readAgain }),
      log: log.line,
    },
    later: place && { keep: keepIn(outbox, place), keyed: !overStream },
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

/** Logs the outcome of attempts, with their events if the topology asks for them. */
function logEnds(
  { baked, log }: OpenWorker,
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

/** The largest event that is logged: logs take 1 MB a line, and a character may be three bytes. */
export const MOST_EVENT_CHARACTERS = 300_000

/**
 * Returns the events as JSON, before a handler can change them; without events too large for a line. Keyed by message,
 * because two messages may have one id, and by id for later attempts, which use new message objects.
 */
function eventTexts(deliveries: readonly Delivery[]): ReadonlyMap<Message | string, string> {
  const texts = new Map<Message | string, string>()
  for (const message of deliveries.flatMap(({ messages }) => messages)) {
    const text = textOf(message.data)
    if (text !== undefined && text.length <= MOST_EVENT_CHARACTERS) texts.set(message, text).set(idOf(message), text)
  }
  return texts
}

function openOutbox({ entry, carriers, host, retryPlace }: OpenWorker, remainingMs: () => number): Outbox {
  const { topology, stage, streams } = entry
  const { now, after, random } = host
  return createOutbox({
    topology,
    stage,
    now,
    after,
    random,
    channel(name) {
      if (name === retryPlace?.channel) return retryPlace.open()
      const { via, fifo, pack } = streams.find(({ channel }) => channel === name)!
      const { limits, orderedByKey } = entry.carriers[via]!
      return {
        sender: carriers.openSender(via, { name, fifo }),
        limits: { ...limits, orderedByKey: fifo ? orderedByKey.fifo : orderedByKey.plain },
        pack,
      }
    },
    remainingMs,
  })
}
