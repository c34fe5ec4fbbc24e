import type { HeldPolicy } from '../../graph/holds.ts'
import type { Message, Wait } from '../message.ts'
import { laneOf, passOn } from './lanes.ts'
import type { Tries } from './progress.ts'
import type { RecordState, Round, Task } from './round.ts'

/** Takes the next message that may start; undefined when there is none now. */
export function nextTask(round: Round): Task | undefined {
  const { ready, cursor, records } = round
  if (ready.length > 0) return ready.shift()
  for (;;) {
    const record = records[cursor.record]
    if (record === undefined || (round.alone && cursor.record > 0 && records[0]!.open > 0)) return undefined
    if (cursor.message === record.delivery.messages.length) {
      cursor.record++
      cursor.message = 0
      continue
    }
    const task = admit(round, record, cursor.message++)
    if (task !== undefined) return task
  }
}

/** Makes a task of a message; undefined when it is done, belongs to another processor, or must wait. */
function admit(round: Round, record: RecordState, index: number): Task | undefined {
  const { delivery, known } = record
  const message = delivery.messages[index]!
  const policy = round.parts.policyOf(message, delivery)
  if (policy === undefined || known?.done.has(index) === true) {
    record.open--
    return undefined
  }
  const lane = message.key === undefined ? undefined : laneOf(round.lanes, message.key)
  const task = createTask(record, index, policy, lane, message)
  if (message.wait !== undefined) resumeWait(task, message, message.wait)
  const tries = known?.tries.get(index)
  if (tries !== undefined) resumeTries(task, tries)
  if (lane === undefined) return startable(round, task)
  if (lane.blocked) round.left.add(task)
  else if (lane.held) lane.waiting.push(task)
  else {
    lane.held = true
    return startable(round, task)
  }
  return undefined
}

function createTask(
  record: RecordState,
  index: number,
  policy: HeldPolicy,
  lane: Task['lane'],
  message: Message,
): Task {
  return {
    record,
    index,
    policy,
    lane,
    message,
    asked: 0,
    dueMs: 0,
    passedOn: false,
    text: undefined,
    cutShort: undefined,
    handling: false,
  }
}

/** Nothing that is made of the message is to wait again. */
function resumeWait(task: Task, { wait: _, ...message }: Message, { asked, dueMs }: Wait): void {
  task.message = message
  task.asked = asked
  task.dueMs = dueMs
}

function resumeTries(task: Task, { attempt, asked, dueMs }: Tries): void {
  task.message = { ...task.message, attempt }
  task.asked = asked
  task.dueMs = dueMs
}

/** The task itself if it may start; else it waits for its time, here or elsewhere, or is left. */
export function startable(round: Round, task: Task): Task | undefined {
  if (task.dueMs <= round.nowMs) return task
  if (task.dueMs >= round.stopMs) setAside(round, task)
  else {
    const stop = round.parts.after(task.dueMs - round.nowMs, () => {
      round.waiting.delete(task)
      round.ready.push(task)
      round.wake()
    })
    round.waiting.set(task, stop)
  }
  return undefined
}

/**
 * Moves a task that cannot be tried here to the retry place if it may go there, else leaves it. The callback receives
 * whether it was moved.
 */
export function setAside(round: Round, task: Task, told: (isKept: boolean) => void = () => {}): void {
  const { later } = round.parts
  if (later !== undefined && mayLeave(round, task)) {
    const wait = { dueMs: task.dueMs, asked: task.asked }
    save(round, task, { keep: () => later.keep({ ...task.message, wait }, task.policy, task.record.delivery), told })
  } else {
    told(false)
    leaveTask(round, task)
  }
}

/**
 * Whether a task may move to the retry place: it has no key whose order it would leave, or its channel keeps no order.
 * First attempts stay, because another instance loses no information about them.
 */
export function mayLeave({ parts: { later } }: Round, { lane, message, index, record }: Task): boolean {
  if (later === undefined || (lane !== undefined && !later.keyed)) return false
  return message.attempt > 1 || record.delivery.messages[index]!.wait !== undefined
}

/**
 * If only long waits remain, moves those messages to the retry place where allowed. Then the rest can be acknowledged.
 */
export function setWaitingAside(round: Round): void {
  const { running, ready, waiting, nowMs, leases } = round
  if (running.size > 0 || ready.length > 0 || leases?.isQuiet() === false) return
  const tasks = [...waiting]
  if (!tasks.every(([task]) => mayLeave(round, task))) return
  if (!tasks.some(([task]) => task.dueMs - nowMs > MOST_HELD_MS)) return
  for (const [task, stop] of tasks) {
    stop()
    waiting.delete(task)
    setAside(round, task)
  }
}

/** The longest that an invocation continues only for waits that could move elsewhere: a queue's delay is no shorter. */
const MOST_HELD_MS = 1000

/** How a task is saved, and the callback for the result. */
interface Saving {
  readonly keep: () => undefined | Promise<void>
  readonly told: (isKept: boolean) => void
}

/** Saves a task elsewhere. The task is done if that succeeds, and left if it fails. */
export function save(round: Round, task: Task, { keep, told }: Saving): void {
  const end = (isKept: boolean) => {
    if (!round.saving.delete(task)) return
    told(isKept)
    if (isKept) {
      round.leases?.giveBack(task)
      closeTask(round, task)
    } else leaveTask(round, task)
  }
  const endLater = (isKept: boolean) => () => {
    end(isKept)
    round.wake()
  }
  round.saving.set(task, told)
  try {
    const kept = keep()
    if (kept === undefined) end(true)
    else kept.then(endLater(true), endLater(false))
  } catch {
    end(false)
  }
}

/** Leaves a task until its record is redelivered, and with it the next tasks of its lane. */
export function leaveTask(round: Round, task: Task): void {
  round.left.add(task)
  round.leases?.giveBack(task)
  if (task.lane !== undefined) task.lane.blocked = true
}

/** Closes a task that is done; the next message with its key may start. */
export function closeTask(round: Round, task: Task): void {
  task.record.open--
  task.record.ran++
  if (task.lane !== undefined && !task.passedOn) releaseLane(round, task)
}

/** Lets the next task of a lane start. */
export function releaseLane(round: Round, { lane }: Task): void {
  const next = lane && passOn(lane)
  const task = next && startable(round, next)
  if (task !== undefined) round.ready.push(task)
}
