import type { Delivery } from '../../runtime/carrier.ts'
import { deliver } from '../../runtime/deliver/deliver.ts'
import type { FailedMessage } from '../../runtime/deliver/round.ts'
import type { Message } from '../../runtime/message.ts'
import { MOST_EVENT_CHARACTERS } from '../../runtime/run-deliveries.ts'
import { type Engine, finish, freeAwaiting, makeReady, release, releaseRoom } from './engine.ts'
import { type Item, tallyOf, type Way } from './station.ts'

/** What could not be done, since nothing could be recorded, is tried again after this time. */
const AGAIN_MS = 1000

/** Starts what may start, the messages of one processor together. */
export function pump(engine: Engine): void {
  const { backlog, concurrency } = engine
  if (engine.isClosed) return
  const batches = new Map<Way['station'], Item[]>()
  while (engine.started < concurrency) {
    const item = backlog.take()
    if (item === undefined) break
    if (tallyOf(item.message).isLost === true) {
      finish(engine, item, undefined)
      continue
    }
    item.isStarted = true
    engine.started++
    const { station } = item.way
    const batch = item.reply === undefined ? batches.get(station) : undefined
    if (batch !== undefined) batch.push(item)
    else if (item.reply !== undefined) run(engine, station, [item])
    else batches.set(station, [item])
  }
  for (const [station, items] of batches) run(engine, station, items)
  releaseRoom(engine)
}

/** A record of one message, as the runtime delivers it. */
interface ItemDelivery extends Delivery {
  readonly item: Item
}

/** Delivers messages of one processor together. */
export function run(engine: Engine, station: Way['station'], items: readonly Item[]): void {
  const { host, log, current } = engine
  const { recorder } = station
  const reply = items[0]!.reply
  const deliveries = items.map((item, place) => deliveryOf(item, place))
  /** Messages never change: handlers get copies. */
  const readAgain = () => items.map((item, place): Delivery => ({ ...deliveries[place]!, messages: [item.message] }))
  const itemOf = (delivery: Delivery) => (delivery as ItemDelivery).item
  const delivered = deliver(deliveries, {
    policyOf: (_message, delivery) => itemOf(delivery).way.policy,
    readAgain,
    recordFailure: (failed) => recordFailure(engine, station, failed, itemOf(failed.delivery)),
    ended(invocation, delivery, outcome, error) {
      log.ended(invocation, delivery, outcome, error, station.logEvents ? eventText(itemOf(delivery)) : undefined)
      engine.ended?.(invocation, delivery, outcome, error)
      freeAwaiting(engine, invocation)
      if (outcome === 'retry') release(engine, itemOf(delivery))
      else if (outcome === 'ok' || outcome === 'skipped') finish(engine, itemOf(delivery), undefined)
    },
    endsMs: Number.POSITIVE_INFINITY,
    invoked: reply?.invoked,
    redeliversAtOnce: false,
    // Whoever waits for an answer gets a new one.
    leases: reply === undefined ? station.leases : undefined,
    processor: station.runtime,
    host: {
      accept: engine.accept,
      invoke: engine.invoke,
      late: (invocation, error) => recorder.late(invocation, error, { first: deliveries, readAgain }),
      log: log.line,
    },
    later: { keep: async (message, _policy, delivery) => keep(engine, itemOf(delivery), message), keyed: true },
    idle: recorder.flush,
    now: host.now,
    after: host.after,
    progress: station.progress,
    current,
    concurrency: Number.POSITIVE_INFINITY,
  })
  void delivered.then((failed) => {
    for (const { record, item } of deliveries) if (failed.has(record)) tryAgain(engine, item)
  })
}

/** The event as JSON, as no handler has changed it; undefined if it is too large for a line. */
function eventText(item: Item): string | undefined {
  const text = JSON.stringify(item.message.data)
  return text === undefined || text.length > MOST_EVENT_CHARACTERS ? undefined : text
}

function deliveryOf(item: Item, place: number): ItemDelivery {
  const { message, way } = item
  const { copier, channel } = way
  const record = `${place}`
  return {
    ...{ record, item, position: tallyOf(message).position ?? { carrier: 'memory', channel, ref: '' } },
    messages: [{ ...message, data: copier.copy(message.data) }],
  }
}

/** A message waits for its next attempt. Other messages get its room. */
function keep(engine: Engine, item: Item, message: Message): void {
  item.message = message
  if (engine.putOff?.(item) !== true) makeReady(engine, item)
}

/** Neither handled nor recorded: the store took no record. The message comes again. */
function tryAgain(engine: Engine, item: Item): void {
  release(engine, item)
  engine.host.after(AGAIN_MS, () => makeReady(engine, item))
}

function recordFailure(
  engine: Engine,
  { recorder }: Way['station'],
  failed: FailedMessage,
  item: Item,
): undefined | Promise<void> {
  const { error } = failed
  const end = () => finish(engine, item, { error })
  if (item.reply?.isRecorded(error) === false || tallyOf(item.message).isLost === true) {
    end()
    return undefined
  }
  return recorder.failed(failed).then(
    () => {
      tallyOf(item.message).failed++
      engine.recorded++
      end()
    },
    (unrecorded: unknown) => {
      if (item.reply === undefined) throw unrecorded
      // Whoever waits learns of the failure.
      end()
    },
  )
}
