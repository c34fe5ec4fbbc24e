import { memory } from '../../carriers/memory/carrier.ts'
import type { BrokerWorker, OpenBroker, Working } from '../../runtime/broker.ts'
import { checkMessage, dataTextOf } from '../../runtime/check-message.ts'
import { addEmit, childOf, nextOrdinal } from '../../runtime/emit.ts'
import type { InvocationHost } from '../../runtime/invocation.ts'
import { hopRefusal, keyRefusal } from '../../runtime/refusal.ts'
import { countsOf, lifecycleOf, type RunningTopology } from './embedded.ts'
import { arrive, type EmbeddedParts, type Engine, finish } from './engine.ts'
import { addEmitTo, isRecord, mark, type SendingTally, sendingOf, sendNow, useLane } from './lane.ts'
import { createLeading } from './leading.ts'
import { openEngine, replyTo, rootMessage, stationOf } from './open-engine.ts'
import { type Emitted, parcelsOf } from './parcels.ts'
import type { Item, Stations } from './station.ts'
import { createSuspects } from './suspects.ts'

/** Messages without a key that wait longer are held by the broker, not by this process. */
const MOST_HELD_MS = 10_000
/** The most events that are on their way to the broker at once. */
const MOST_SENDING = 1000

/** The parts of a topology on a broker. */
export interface BrokeredParts extends EmbeddedParts {
  readonly broker: OpenBroker
  /** The name of the broker, for positions. */
  readonly carrier: string
  readonly worker: Pick<BrokerWorker, 'id' | 'about'>
  /** The processors that this process runs. */
  readonly runs: readonly string[]
}

/** A topology whose messages move over a broker. */
export type Brokered = RunningTopology & Required<Pick<RunningTopology, 'start' | 'lead' | 'isConnected' | 'lag'>>

/** Opens a topology over a broker. It receives messages from its start until it is closed. */
export function openBrokered(parts: BrokeredParts): Brokered {
  const { broker, carrier, worker, runs, ended } = parts
  const suspects = createSuspects()
  const { engine, release } = openEngine(
    {
      ...parts,
      ended(invocation, delivery, outcome, error) {
        ended?.(invocation, delivery, outcome, error)
        const tally = sendingOf(invocation.message)
        if (!isRecord(tally)) return
        if (outcome === 'retry' && tally.emits.length > 0) sendNow(tally)
        tally.ended++
        suspects.ended(tally)
      },
    },
    {
      messageBytes: Math.min(memory.rules.limits.messageBytes, broker.rules.messageBytes),
      remembering: broker.handled,
      accept: acceptFor,
      putOff: (item) => putOff(engine, item, broker),
    },
  )
  const { add: later, hasOf: hasLater, dropped } = suspects
  const leading = createLeading()
  const gained = leading.gained((lane) => useLane(lane, { engine, carrier, later, hasLater, dropped }))
  const { take, call, room, sending, settled } = frontOf(engine, broker)
  let working: Working | undefined
  let quiet: Promise<void> | undefined
  return {
    ...{ take, call, room, running: engine.current.get },
    ...lifecycleOf(engine, runs),
    get counts() {
      return { ...countsOf(engine), sending: sending() }
    },
    async start() {
      working = await broker.work({ ...worker, channels: runs, gained })
    },
    lead: leading.add,
    isConnected: () => working?.isConnected() ?? false,
    lag: async () => (await working?.lag()) ?? {},
    quiet() {
      quiet ??= settled().then(() => working?.close())
      return quiet
    },
    close() {
      engine.isClosed = true
      release()
    },
  }
}

interface Front extends Pick<RunningTopology, 'take' | 'call' | 'room'> {
  /** How many events are on their way to the broker. */
  sending(): number
  /** Resolves when none is. */
  settled(): Promise<void>
}

/** What comes from sources goes to the broker, but for what they wait for: that runs here. */
function frontOf(engine: Engine, broker: OpenBroker): Front {
  let sending = 0
  const onRoom: (() => void)[] = []
  const onSettled: (() => void)[] = []
  const send = async (emits: readonly Emitted[], id?: string) => {
    sending++
    try {
      if (emits.length > 0) await broker.send(parcelsOf(emits, engine), id)
    } finally {
      sending--
      if (sending < MOST_SENDING) for (const call of onRoom.splice(0)) call()
      if (sending === 0) for (const call of onSettled.splice(0)) call()
    }
  }
  return {
    async take(event) {
      const { entry } = stationOf(engine, event.to)
      const message = rootMessage(engine, event)
      const emitted = { channel: event.to, message, text: dataTextOf(message), pack: entry.pack }
      await send([emitted], event.isShared && event.id)
      return 0
    },
    call(event, isRecorded = () => true) {
      const way = stationOf(engine, event.to).entry
      return new Promise((resolve, reject) => {
        const tally: SendingTally = {
          ...{ lane: undefined, emits: [], characters: 0, pending: 1, failed: 0 },
          done: () => {},
        }
        const settle = (end: () => void) => void send(tally.emits).then(end, reject)
        const reply = replyTo((error) => settle(() => reject(error)), {
          ...{ isRecorded, answer: (result) => settle(() => resolve(result)) },
        })
        const message = rootMessage(engine, event, tally)
        arrive(engine, { message, way, lanes: way.lanes, reply, isStarted: false })
      })
    },
    room: () => (sending < MOST_SENDING ? undefined : new Promise((resolve) => onRoom.push(resolve))),
    sending: () => sending,
    settled: () => (sending === 0 ? Promise.resolve() : new Promise((resolve) => onSettled.push(resolve))),
  }
}

/** Makes the function that takes emits: each is checked as for a cloud, and sent when its message is acknowledged. */
function acceptFor(engine: Engine, { routeOf }: Stations): InvocationHost['accept'] {
  const { graph, log } = engine
  const { hopLimit } = graph
  const origin = { topology: graph.name, stage: graph.stage }
  return (invocation, topic, data, key, traceparent) => {
    const { message: parent, processor } = invocation
    const route = routeOf(processor, topic)
    const { ways, orderedByKey } = route
    if (parent.hop >= hopLimit && ways.length > 0) throw hopRefusal(topic, hopLimit)
    if (key !== undefined && !orderedByKey) throw keyRefusal(topic)
    const emitted = { data, topic, key, ordinal: nextOrdinal(invocation, topic, key), traceparent }
    const first = childOf(parent, emitted, ways[0]?.edge)
    const text = dataTextOf(first)
    checkMessage(first, text, route, origin)
    addEmit(invocation, first)
    if (ways.length === 0) log.output(invocation, first, text)
    const tally = sendingOf(parent)
    for (const [index, { edge, station, pack }] of ways.entries()) {
      const message = index === 0 ? first : childOf(parent, emitted, edge)
      addEmitTo(tally, { channel: station.name, message, text, pack })
    }
    return undefined
  }
}

/** The broker holds what has no key and waits for long; for the rest it keeps the number of attempts. */
function putOff(engine: Engine, item: Item, { rules }: OpenBroker): boolean {
  const { message } = item
  const tally = sendingOf(message)
  if (!isRecord(tally) || tally.isLost === true) return false
  const waitMs = message.wait!.dueMs - engine.host.now()
  if (message.key !== undefined || waitMs <= MOST_HELD_MS || waitMs > rules.mostDelayMs) {
    mark(tally)
    return false
  }
  addEmitTo(tally, { channel: tally.lane.lane.channel, message, text: dataTextOf(message), pack: 1 })
  finish(engine, item, undefined)
  return true
}
