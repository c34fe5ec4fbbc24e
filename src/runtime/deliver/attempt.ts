import { InvocationContext } from '../context.ts'
import { handle } from '../handle.ts'
import { type Failure, type Invocation, rareOf } from '../invocation.ts'
import type { Message } from '../message.ts'
import { settleFailure } from '../retry.ts'
import { noteDuration } from './progress.ts'
import type { Outcome, Round, Task } from './round.ts'
import { closeTask, leaveTask, releaseLane, save, setAside, startable } from './tasks.ts'

/** Runs a task's handler, as far as that goes without waiting. */
export function startAttempt(round: Round, task: Task): void {
  const { runtime, parts } = round
  const startedMs = parts.now()
  const invocation = new InvocationContext(runtime, task.message, startedMs)
  round.started++
  if (parts.invoked !== undefined) rareOf(invocation).invoked = parts.invoked
  parts.current.run(invocation, handle, task.message.data)
  round.nowMs = parts.now()
  noteDuration(parts.progress, round.nowMs - startedMs)
  if (invocation.phase === 'complete') {
    endAttempt(round, task, invocation)
    return
  }
  invocation.outlasting = true
  round.running.set(invocation, task)
  if (invocation.phase === 'settled') passLaneOn(round, task, invocation)
  else {
    task.handling = true
    round.handlers++
  }
}

/** A handler that outlasted its call has settled, and waits for its emits. */
export function attemptSettled(round: Round, invocation: Invocation): void {
  const task = round.running.get(invocation)
  if (task === undefined) return
  handled(round, task, invocation)
  passLaneOn(round, task, invocation)
}

/** An attempt that outlasted its handler's call is complete. */
export function attemptCompleted(round: Round, invocation: Invocation): void {
  const task = round.running.get(invocation)
  if (task === undefined) return
  handled(round, task, invocation)
  round.running.delete(invocation)
  endAttempt(round, task, invocation)
}

function handled(round: Round, task: Task, { startedMs }: Invocation): void {
  if (!task.handling) return
  task.handling = false
  round.handlers--
  noteDuration(round.parts.progress, round.nowMs - startedMs)
}

/**
 * Starts the next message of the lane without waiting for the emits of this one. That is not done if handled messages
 * are remembered: a redelivered message would run after its successor, which would not run again.
 */
function passLaneOn(round: Round, task: Task, { failure, rare }: Invocation): void {
  if (task.lane === undefined || failure !== undefined || round.leases !== undefined) return
  // An attempt that will fail is retried before the next message, even if nothing remembers its attempts.
  if (rare?.follows.some(({ acceptance, taken }) => acceptance.refused !== undefined && !taken)) return
  task.passedOn = true
  releaseLane(round, task)
}

function endAttempt(round: Round, task: Task, invocation: Invocation): void {
  invocation.phase = 'committed'
  const { failure } = invocation
  if (failure === undefined) {
    say(round, task, invocation, 'ok')
    if (round.leases === undefined) closeTask(round, task)
    else round.leases.handled(task)
  } else failAttempt(round, task, invocation, failure)
}

function failAttempt(round: Round, task: Task, invocation: Invocation, failure: Failure): void {
  const { error } = failure
  // A refusal by the platform is not the message's fault, and does not count as an attempt.
  const verdict = isNotAccepted(error) ? undefined : settleFailure(task.message, failure, task.policy, task.asked)
  if (task.cutShort === 'beside others' || verdict === undefined) postpone(round, task, invocation, error)
  else if (task.cutShort === 'alone' || round.parts.invoked !== undefined) failFinally(round, task, invocation, error)
  else if (!verdict.retry) failFinally(round, task, invocation, verdict.error)
  else {
    if (verdict.asked) task.asked++
    task.message = nextTry(round, task)
    task.dueMs = round.nowMs + verdict.afterMs
    tryAgain(round, task, invocation, error)
  }
}

function tryAgain(round: Round, task: Task, invocation: Invocation, error: unknown): void {
  if (task.passedOn || round.over || task.dueMs >= round.stopMs) {
    setAside(round, task, (isKept) => say(round, task, invocation, isKept ? 'retry' : 'postponed', error))
    return
  }
  say(round, task, invocation, 'retry', error)
  const now = startable(round, task)
  if (now !== undefined) round.ready.push(now)
}

function isNotAccepted(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EMIT_NOT_ACCEPTED'
  } catch {
    // A handler may throw anything, such as a Proxy that was revoked.
    return false
  }
}

function nextTry(round: Round, task: Task): Message {
  const untouched = untouchedMessage(round, task)
  return { ...untouched, attempt: untouched.attempt + 1 }
}

/** Returns the message of a task with a fresh copy of its event, which no attempt has changed. */
function untouchedMessage(round: Round, task: Task): Message {
  const { record, index, message } = task
  round.again ??= round.parts.readAgain()
  task.text ??= JSON.stringify(round.again[record.place]!.messages[index]!.data)
  return { ...message, data: task.text && JSON.parse(task.text) }
}

function postpone(round: Round, task: Task, invocation: Invocation, error: unknown): void {
  say(round, task, invocation, 'postponed', error)
  leaveTask(round, task)
}

function failFinally(round: Round, task: Task, invocation: Invocation, error: unknown): void {
  say(round, task, invocation, 'failed', error)
  const keep = () => {
    const message = untouchedMessage(round, task)
    return round.parts.recordFailure({ invocation, message, delivery: task.record.delivery, error })
  }
  save(round, task, { keep, told: () => {} })
}

function say(round: Round, task: Task, invocation: Invocation, outcome: Outcome, error?: unknown): void {
  round.parts.ended(invocation, task.record.delivery, outcome, error)
}
