import type { HeldPolicy } from '../../graph/holds.ts'
import type { Delivery } from '../carrier.ts'
import type { Current } from '../current.ts'
import type { Invocation, InvocationHost, Invoked, ProcessorRuntime } from '../invocation.ts'
import type { Message } from '../message.ts'
import { positionText } from '../position.ts'
import type { Lane } from './lanes.ts'
import type { DeliveryProgress, RecordProgress } from './progress.ts'

/**
 * The outcome of one attempt. `postponed`: its record will be redelivered. `skipped`: there was no attempt, because the
 * message was handled before.
 */
export type Outcome = 'ok' | 'retry' | 'failed' | 'postponed' | 'skipped'

/** A message that is not retried. */
export interface FailedMessage {
  readonly invocation: Invocation
  /** The message as the handler received it, with an unchanged event. */
  readonly message: Message
  readonly delivery: Delivery
  readonly error: unknown
}

/** The arguments of `deliver`. None is optional, so that a caller cannot forget one. */
export interface DeliverParts {
  /** The processor whose deliveries these are. */
  readonly processor: Omit<ProcessorRuntime, 'host'>
  readonly host: Pick<InvocationHost, 'accept' | 'invoke' | 'late' | 'log'>
  /** Returns how often a message is retried; undefined if it belongs to another processor on the same channel. */
  readonly policyOf: (message: Message, delivery: Delivery) => HeldPolicy | undefined
  /** The same deliveries once more, with events that no handler has touched. Called once at most. */
  readonly readAgain: () => readonly Delivery[]
  /** Called when no handler is running: emits need not wait for more. */
  readonly idle: () => void
  /** Called at the end of every attempt, with its error unless it succeeded. */
  readonly ended: (invocation: Invocation, delivery: Delivery, outcome: Outcome, error: unknown) => void
  /** The retry place, for messages that may leave their stream; absent if all wait in their streams. */
  readonly later: Later | undefined
  /**
   * Records a message that finally failed, before it is acknowledged. If that fails, too, its record is redelivered.
   */
  readonly recordFailure: (failed: FailedMessage) => undefined | Promise<void>
  /** Prevents handling a message twice: see `openLeases`. Absent if that is allowed. */
  readonly leases: ((round: Round) => Leases) | undefined
  /** Set if another processor invoked this one, and waits for its result. The message is then not retried. */
  readonly invoked: Invoked | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls back after a wait. Returns a function that cancels the call. */
  readonly after: (ms: number, call: () => void) => () => void
  /** When the platform ends the invocation. */
  readonly endsMs: number
  /**
   * Unfinished records are redelivered at once. So if only waits are left, an invocation lasts as long as it can.
   * Otherwise invocations would follow each other without pause, and another instance might not know of the wait.
   */
  readonly redeliversAtOnce: boolean
  readonly progress: DeliveryProgress
  readonly current: Current
  /** Handlers that run at once. */
  readonly concurrency: number
}

/** A place outside the streams, in which messages wait for a retry. */
export interface Later {
  /**
   * Takes a message, whose `wait` contains the time. Resolves when the message is stored; throws or rejects when it is
   * not.
   */
  keep(message: Message, policy: HeldPolicy, delivery: Delivery): Promise<void>
  /** Whether it also takes messages with a key, because their channel keeps no order. */
  readonly keyed: boolean
}

/** Tracks in a round which messages were handled before, and holds the leases of the others. */
export interface Leases {
  /**
   * Returns whether a task may start now. If not, its lease is requested; later the task becomes ready, done or left.
   */
  has(task: Task): boolean
  /** How many leases are requested now. */
  asking(): number
  /** Some had to wait for another function, or for the store: their invocation had less time for them. */
  hasWaited(): boolean
  /** A task is complete: it is done when that is remembered. */
  handled(task: Task): void
  /** A task will not be complete here: others may handle it. */
  giveBack(task: Task): void
  /** No lease is requested, and no call to the store is open. */
  isQuiet(): boolean
  /** Stops waiting. Complete tasks are done, though the store may not remember them. */
  giveUp(): void
}

/** A message while its processor handles it. */
export interface Task {
  readonly record: RecordState
  /** Its place in the record. */
  readonly index: number
  readonly policy: HeldPolicy
  readonly lane: Lane<Task> | undefined
  message: Message
  /** Attempts that ended by `Retry`. */
  asked: number
  /** When it may start; 0 at once. */
  dueMs: number
  /** The lane continued when its handler had settled, so a retry would run out of order. */
  passedOn: boolean
  /** The event as JSON, made for the second try. */
  text: string | undefined
  /** The platform's time was over before the message's timeout. `alone`: no invocation could give it more time. */
  cutShort: 'alone' | 'beside others' | undefined
  /** Its handler outlasts its call, and has not settled. */
  handling: boolean
}

/** A record, and the state of its messages. */
export interface RecordState {
  readonly delivery: Delivery
  /** Its place in the payload. */
  readonly place: number
  /** Its messages that are not done. */
  open: number
  /** How many of the done messages ran in this invocation. */
  ran: number
  readonly known: RecordProgress | undefined
}

/** One invocation payload while its processor handles it. */
export interface Round extends Ends {
  readonly parts: DeliverParts
  /** Undefined where messages may be handled again. */
  leases: Leases | undefined
  readonly runtime: ProcessorRuntime
  readonly records: readonly RecordState[]
  /** The first record has the invocation to itself until it is done. */
  readonly alone: boolean
  /** The next message that was not looked at. */
  readonly cursor: { record: number; message: number }
  readonly lanes: Map<string, Lane<Task>>
  /** May start now. */
  readonly ready: Task[]
  /** Started and not complete, in order of start. */
  readonly running: Map<Invocation, Task>
  /** How many running handlers have not settled. */
  handlers: number
  /** Tasks that wait for a retry, with a function that cancels the wait. */
  readonly waiting: Map<Task, () => void>
  /** Tasks that are left until their record is redelivered. */
  readonly left: Set<Task>
  /**
   * Messages that are being saved: recorded as failed, or stored for later. Each function receives whether that
   * succeeded.
   */
  readonly saving: Map<Task, (isKept: boolean) => void>
  /** The deliveries, decoded again if a message failed or was retried; handlers never receive them. */
  again: readonly Delivery[] | undefined
  /** Attempts so far. */
  started: number
  nowMs: number
  /** Nothing starts any more. */
  over: boolean
  /** Continues with the tasks that may start. */
  readonly wake: () => void
}

/** When an invocation ends by itself, before the platform ends it. */
export interface Ends {
  /** Handlers that still run are cut off. */
  readonly stopMs: number
  /** The answer is given, whatever was not accepted yet. */
  readonly answerMs: number
}

/** The most time of an invocation that is reserved for accepting emits and answering. */
const MOST_SPARE_MS = 2000

/** How long the platform must let an invocation run, so that a message gets its whole timeout. */
export function invocationMs(timeoutMs: number): number {
  return timeoutMs + MOST_SPARE_MS
}

/** Returns when an invocation must end: a tenth of its time is reserved, from 50 ms to 2 s. */
export function endsOf(nowMs: number, endsMs: number): Ends {
  const spareMs = Math.min(MOST_SPARE_MS, Math.max(50, (endsMs - nowMs) / 10))
  return { stopMs: endsMs - spareMs, answerMs: endsMs - spareMs / 3 }
}

/** The records in the order in which they are to run, and whether the first is to run alone. */
export function openRecords(
  deliveries: readonly Delivery[],
  { records: known }: DeliveryProgress,
): Pick<Round, 'records' | 'alone'> {
  // Mostly nothing is known, and to look for it would take longer than all else here.
  const knownOf = known.size === 0 ? () => undefined : ({ position }: Delivery) => known.get(positionText(position))
  const records = deliveries.map((delivery, place): RecordState => {
    return { delivery, place, open: delivery.messages.length, ran: 0, known: knownOf(delivery) }
  })
  const late = records.find((record) => record.known?.late === true)
  if (late === undefined) return { records, alone: records.length === 1 }
  const first = ahead(records, late)
  return { records: [first, ...records.filter((record) => record !== first)], alone: true }
}

/** The record to begin with, where `late` has to run soon: no record before it has one of its keys, so no order changes. */
function ahead(records: readonly RecordState[], late: RecordState): RecordState {
  const keys = new Set(late.delivery.messages.map(({ key }) => key).filter((key) => key !== undefined))
  const first = records.find(({ delivery }) => delivery.messages.some(({ key }) => keys.has(key!)))
  return first === undefined || first.place >= late.place ? late : ahead(records, first)
}
