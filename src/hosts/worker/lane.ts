import type { AttakError } from '../../errors.ts'
import type { AttemptMark, Lane, LaneRecord, LaneUser } from '../../runtime/broker.ts'
import { decodeText } from '../../runtime/codec.ts'
import type { Message } from '../../runtime/message.ts'
import { arrive, type Engine } from './engine.ts'
import { type Emitted, parcelsOf } from './parcels.ts'
import { type Item, type Tally, tallyOf } from './station.ts'

/** The most records of a lane in this process. */
const MOST_RECORDS = 256
/** The most messages in this process that are not done; no lane is read while there are more. */
const MOST_MESSAGES = 4096
/** The most records of one commit. */
const MOST_COMMITTED = 500
/** The most characters of one commit's emits. */
const MOST_CHARACTERS = 1_000_000
/** Emits of one record that are held for its commit; with more they are sent at once. */
const MOST_HELD_CHARACTERS = 4_000_000

/** What an emit counts besides its text: a commit has some thousands of small ones at the most. */
const EMIT_CHARACTERS = 100

/** Messages that are acknowledged together, with their emits that are not sent. */
export interface SendingTally extends Tally {
  /** Undefined for an event whose source waits for the result. */
  readonly lane: OpenLane | undefined
  emits: Emitted[]
  characters: number
}

/** The messages of a record. */
export interface RecordTally extends SendingTally {
  readonly lane: OpenLane
  readonly ref: string
  readonly items: Item[]
  /** Attempts that have ended. */
  ended: number
}

/** A record that is done, with its last emits; or emits alone, of an attempt that is made again. */
interface Step {
  readonly done: RecordTally | undefined
  readonly emits: readonly Emitted[]
  readonly characters: number
}

/** A lane that this worker owns, with its records that are not committed. */
export interface OpenLane {
  readonly lane: Lane
  readonly engine: Engine
  /** The name of the broker, for positions. */
  readonly carrier: string
  /** Unfinished messages by key. */
  readonly keys: Item['lanes']
  readonly records: Map<string, RecordTally>
  /** What is to be committed, in order. */
  readonly steps: Step[]
  readonly marks: Map<string, readonly AttemptMark[]>
  /** Called for each record that is left to another worker. */
  readonly dropped: (tally: RecordTally) => void
  isCommitting: boolean
  isScheduled: boolean
  isLost: boolean
  /** Set once it is to be given to another worker. */
  isReleasing: boolean
}

/** Takes the records of lanes, and commits what is done. */
export interface LaneParts {
  readonly engine: Engine
  readonly carrier: string
  /** Starts a record that may have ended an earlier owner, when its turn comes. */
  readonly later: (tally: RecordTally, start: (fault?: AttakError) => void) => void
  /** Whether records wait for their turn. */
  readonly hasLater: (lane: OpenLane) => boolean
  readonly dropped: OpenLane['dropped']
}

/** Makes the user of a lane. */
export function useLane(lane: Lane, parts: LaneParts): LaneUser {
  const { engine, carrier, dropped } = parts
  const open: OpenLane = {
    ...{ lane, engine, carrier, dropped, keys: new Map(), records: new Map(), steps: [], marks: new Map() },
    ...{ isCommitting: false, isScheduled: false, isLost: false, isReleasing: false },
  }
  return {
    room() {
      if (open.isLost || open.isReleasing || engine.open >= MOST_MESSAGES || parts.hasLater(open)) return 0
      return MOST_RECORDS - open.records.size
    },
    take(records) {
      // Its next owner gets them.
      if (open.isLost || open.isReleasing) return
      for (const record of records) takeRecord(open, record, parts)
    },
    lost: () => lose(open),
    release: () => release(open),
  }
}

function takeRecord(open: OpenLane, { ref, body }: LaneRecord, { engine, later, hasLater }: LaneParts): void {
  const { lane, carrier, records } = open
  const position = { carrier, channel: `${lane.channel}/${lane.index}`, ref }
  const messages = decodeText(body, { position, key: undefined, to: lane.channel })
  const tally: RecordTally = {
    ...{ lane: open, ref, position, items: [], emits: [], characters: 0 },
    ...{ pending: messages.length, ended: 0, failed: 0 },
    done: () => complete(tally),
  }
  records.set(ref, tally)
  engine.tallies++
  const marks = lane.left.marks.get(ref) ?? []
  const start = (fault?: AttakError) => {
    for (const [index, message] of messages.entries()) {
      const marked = withMark(message, marks, index)
      const item = itemOf(open, fault === undefined ? marked : { ...marked, fault }, tally)
      tally.items.push(item)
      arrive(engine, item)
    }
  }
  // What comes behind a suspect may have its key.
  if (lane.left.isSuspect(ref) || hasLater(open)) later(tally, start)
  else start()
}

function withMark(message: Message, marks: readonly AttemptMark[], index: number): Message {
  const mark = marks.find((each) => each.index === index)
  if (mark === undefined) {
    // The broker has held it back, by its own clock.
    return message.wait === undefined ? message : { ...message, wait: { ...message.wait, dueMs: 0 } }
  }
  const { attempt, asked, dueMs } = mark
  return { ...message, attempt, wait: { dueMs, asked } }
}

function itemOf({ engine, lane, keys }: OpenLane, message: Message, tally: RecordTally): Item {
  const way = engine.stations.wayOf(message, lane.channel)
  // Messages of no other record share it.
  Object.assign(message.root, { tally })
  return { message, way, lanes: keys, reply: undefined, isStarted: false }
}

/** Adds an emit to those that are sent with the acknowledgment of the message that is handled. */
export function addEmitTo(tally: SendingTally, emitted: Emitted): void {
  tally.emits.push(emitted)
  tally.characters += (emitted.text?.length ?? 0) + EMIT_CHARACTERS
  if (tally.characters > MOST_HELD_CHARACTERS && isRecord(tally)) sendNow(tally)
}

/** Sends the emits of a record that is not done: its attempt is made again, or they are too many to be held. */
export function sendNow(tally: RecordTally): void {
  addStep(tally, undefined)
}

/** Adds a step with the emits of a record so far: a later message of its key may have been waiting for them. */
function addStep(tally: RecordTally, done: RecordTally | undefined): void {
  const { lane, emits, characters } = tally
  lane.steps.push({ done, emits, characters })
  tally.emits = []
  tally.characters = 0
  schedule(lane)
}

/** Lets the next owner find the attempts of a message that waits. */
export function mark(tally: RecordTally): void {
  const { lane, ref, items } = tally
  const marks = items.flatMap(({ message }, index) => {
    const { attempt, wait } = message
    return wait === undefined ? [] : [{ index, attempt, asked: wait.asked, dueMs: wait.dueMs }]
  })
  lane.marks.set(ref, marks)
  schedule(lane)
}

/** All messages of a record are done. */
function complete(tally: RecordTally): void {
  const { lane } = tally
  if (!lane.isLost && tally.isLost !== true) addStep(tally, tally)
}

/** What is done in one turn of the event loop is committed together. */
function schedule(open: OpenLane): void {
  if (open.isScheduled || open.isCommitting) return
  open.isScheduled = true
  open.engine.host.after(0, () => {
    open.isScheduled = false
    void commit(open)
  })
}

async function commit(open: OpenLane): Promise<void> {
  const { lane, engine, records, marks } = open
  if (open.isLost || open.isCommitting) return
  open.isCommitting = true
  const steps = takeSteps(open)
  const done = steps.flatMap((step) => step.done ?? [])
  for (const { ref } of done) marks.delete(ref)
  const marked = new Map(marks)
  marks.clear()
  const emits = steps.flatMap((step) => step.emits)
  const outcome = await lane.commit({
    done: done.map(({ ref }) => ref),
    sends: parcelsOf(emits, engine),
    marks: marked,
  })
  open.isCommitting = false
  if (outcome === 'fenced') return lose(open)
  for (const { ref } of done) records.delete(ref)
  if (open.steps.length + marks.size > 0) schedule(open)
  if (!open.isReleasing) lane.wake()
}

/** The steps of one commit: at least one, where there is any. */
function takeSteps({ steps }: OpenLane): readonly Step[] {
  let count = 0
  let characters = 0
  while (count < steps.length && count < MOST_COMMITTED && (count === 0 || characters < MOST_CHARACTERS)) {
    characters += steps[count++]!.characters
  }
  return steps.splice(0, count)
}

function lose(open: OpenLane): void {
  if (open.isLost) return
  open.isLost = true
  for (const tally of open.records.values()) drop(tally)
  open.records.clear()
}

/** Nothing of it starts here any more. */
function drop(tally: RecordTally): void {
  if (tally.isLost === true) return
  tally.isLost = true
  // Its messages wait for their turn, which does not come.
  if (tally.items.length === 0 && tally.pending > 0) tally.lane.engine.tallies--
  tally.lane.dropped(tally)
}

/** How often a lane that is given away looks for handlers that still run. */
const LOOK_MS = 20

async function release(open: OpenLane): Promise<void> {
  const { engine, records } = open
  open.isReleasing = true
  for (const tally of records.values()) if (!hasBegun(tally)) drop(tally)
  while (!open.isLost && (isBusy(open) || open.isCommitting || open.isScheduled)) {
    await new Promise<void>((resolve) => void engine.host.after(LOOK_MS, resolve))
  }
  lose(open)
}

/** Whether any handler has been called for a record. */
function hasBegun({ items, ended, pending }: RecordTally): boolean {
  return ended > 0 || pending < items.length || items.some(({ isStarted }) => isStarted)
}

/** Whether records have messages that run, or are about to; what waits for a retry does so elsewhere. */
function isBusy({ records, engine, steps }: OpenLane): boolean {
  const nowMs = engine.host.now()
  const runs = ({ message, isStarted, isDone }: Item) =>
    isStarted || (isDone !== true && (message.wait === undefined || message.wait.dueMs <= nowMs))
  return (
    steps.length > 0 ||
    [...records.values()].some((tally) => tally.isLost !== true && tally.pending > 0 && tally.items.some(runs))
  )
}

/** The messages that a message is acknowledged with. */
export function sendingOf(message: Message): SendingTally {
  return tallyOf(message) as SendingTally
}

/** Whether messages came in a record. */
export function isRecord(tally: SendingTally): tally is RecordTally {
  return tally.lane !== undefined
}
