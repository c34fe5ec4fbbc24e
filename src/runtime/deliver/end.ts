import { positionText } from '../position.ts'
import { timeoutRefusal } from '../refusal.ts'
import { cutOff } from '../settle.ts'
import { waitingIn } from './lanes.ts'
import { type RecordProgress, remember, type Tries } from './progress.ts'
import type { RecordState, Round, Task } from './round.ts'
import { mayLeave, setAside } from './tasks.ts'

/** When something ends by the clock: the time of the oldest handler, or that of the invocation. */
export function nextEndMs(round: Round): number {
  if (round.nowMs >= round.stopMs) return round.answerMs
  for (const [invocation] of round.running) {
    if (invocation.phase === 'running') return Math.min(round.stopMs, invocation.startedMs + round.runtime.timeoutMs)
  }
  return round.stopMs
}

/** Ends handlers whose time is up, and at the end of the invocation's time all of them. */
export function cutOffLate(round: Round): void {
  const { running, runtime, nowMs } = round
  const stops = nowMs >= round.stopMs
  if (stops) stopStarting(round)
  for (const [invocation, task] of [...running]) {
    if (invocation.phase !== 'running') continue
    const ranMs = nowMs - invocation.startedMs
    if (ranMs < runtime.timeoutMs) {
      if (!stops) continue
      task.cutShort = hadAll(round, task) ? 'alone' : 'beside others'
    }
    // A listener of its signal is the handler's code.
    const error = timeoutRefusal(invocation, Math.min(ranMs, runtime.timeoutMs))
    round.parts.current.run(invocation, cutOff, error)
  }
}

/** Starts nothing any more: what waits does so elsewhere, or is left. */
export function stopStarting(round: Round): void {
  round.over = true
  for (const [task, stop] of round.waiting) {
    stop()
    round.waiting.delete(task)
    setAside(round, task)
  }
  for (const task of round.ready.splice(0)) setAside(round, task)
}

/** Whether no invocation could give the task more time: its record ran alone, and no message of it was done. */
function hadAll({ alone, records, leases }: Round, { record }: Task): boolean {
  return alone && leases?.hasWaited() !== true && record === records[0] && record.ran === 0
}

/** Whether the invocation continues only for longer waits that may not move elsewhere: see `redeliversAtOnce`. */
export function isHeld(round: Round): boolean {
  const { parts, left, nowMs, over } = round
  if (left.size === 0 || !parts.redeliversAtOnce || over) return false
  const waiting = new Set<Task | Task['lane']>()
  for (const task of left) if (task.dueMs > nowMs && !mayLeave(round, task)) waiting.add(task.lane ?? task)
  return waiting.size > 0 && [...left].every((task) => waiting.has(task.lane ?? task))
}

/** Gives up messages that are not complete or not saved by then; their records are redelivered. */
export function giveUp(round: Round): void {
  stopStarting(round)
  for (const [invocation, task] of round.running) {
    const error = new Error('its emits were not accepted in time')
    invocation.rare?.span?.end({ error })
    round.parts.ended(invocation, task.record.delivery, 'postponed', error)
    round.left.add(task)
  }
  round.running.clear()
  for (const [task, told] of round.saving) {
    told(false)
    round.left.add(task)
  }
  round.saving.clear()
  round.leases?.giveUp()
}

/** The records that are to come again; remembers what need not be done then. */
export function settleRound(round: Round): ReadonlySet<string> {
  const { records, parts } = round
  const { progress } = parts
  const failed = new Set(records.filter(({ open }) => open > 0).map(({ delivery }) => delivery.record))
  if (failed.size > 0) {
    const unfinished = unfinishedOf(round)
    for (const record of records)
      remember(progress, record.delivery.position, progressOf(record, unfinished.get(record)))
  } else if (progress.records.size > 0) {
    for (const { delivery } of records) progress.records.delete(positionText(delivery.position))
  }
  return failed
}

type Unfinished = Map<number, Task | undefined>

/** Returns the messages that are not done, by record and place; places without a task have none. */
function unfinishedOf({ records, left, ready, lanes, cursor }: Round): ReadonlyMap<RecordState, Unfinished> {
  const unfinished = new Map<RecordState, Unfinished>()
  const placesOf = (record: RecordState) => {
    const places: Unfinished = unfinished.get(record) ?? new Map()
    unfinished.set(record, places)
    return places
  }
  const waiting = [...lanes.values()].flatMap(waitingIn)
  for (const task of [...left, ...ready, ...waiting]) placesOf(task.record).set(task.index, task)
  for (let place = cursor.record; place < records.length; place++) {
    const record = records[place]!
    const from = place === cursor.record ? cursor.message : 0
    for (let index = from; index < record.delivery.messages.length; index++) {
      if (record.known?.done.has(index) !== true) placesOf(record).set(index, undefined)
    }
  }
  return unfinished
}

function progressOf({ delivery, known }: RecordState, unfinished: Unfinished = new Map()): RecordProgress {
  const done = new Set(delivery.messages.keys())
  const tries = new Map(known?.tries)
  let late = known?.late === true && unfinished.size > 0
  for (const [index, task] of unfinished) {
    done.delete(index)
    if (task === undefined) continue
    if (task.message.attempt > 1) tries.set(index, triesOf(task))
    if (task.cutShort !== undefined) late = true
  }
  return { done, tries, late }
}

function triesOf({ message, asked, dueMs }: Task): Tries {
  return { attempt: message.attempt, asked, dueMs }
}
