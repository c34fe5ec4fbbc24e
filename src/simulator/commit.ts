import type { Invocation } from '../runtime/invocation.ts'
import { joinLane, leaveLane } from './lanes.ts'
import { messageTo, type SimulatedMessage, type SimulatedProcessor } from './message.ts'
import { enqueue } from './queue.ts'
import type { Schedule } from './schedule.ts'

/**
 * Makes what an invocation emitted visible, and ends or retries its message. Returns the message that it emitted if that is
 * the only one and it may start next: see {@link arrive}.
 */
export function commit(schedule: Schedule, invocation: Invocation, isFirst: boolean): SimulatedMessage | undefined {
  const { retries, counts, recorder, nowMs } = schedule
  const { failure, firstEmit, laterEmits } = invocation
  const receiver = invocation.runtime as SimulatedProcessor
  const message = invocation.message as SimulatedMessage
  invocation.phase = 'committed'
  const retryAtMs = failure === undefined ? undefined : retries.timeOf(invocation, failure, nowMs)
  if (failure === undefined) receiver.handled++
  else if (retryAtMs === undefined && message.edge?.invoked !== true) counts.failed++
  if (recorder !== undefined) {
    const outcome = failure === undefined ? 'ok' : retryAtMs === undefined ? 'failed' : 'retry'
    recorder.commit(invocation, nowMs, outcome, retryAtMs)
  }
  let passed: SimulatedMessage | undefined
  if (firstEmit !== undefined) {
    receiver.emitted += laterEmits === undefined ? 1 : 1 + laterEmits.length
    if (laterEmits === undefined) passed = arrive(schedule, firstEmit as SimulatedMessage, isFirst)
    else schedule.sender.send(invocation.emits)
  }
  if (schedule.invoked.size() > 0) commitInvoked(schedule, invocation)
  if (retryAtMs === undefined) finish(schedule, message)
  else retries.add(message, retryAtMs)
  return passed
}

/** Those that outlast their invoker, whose time was up, are committed when it is their turn. */
function commitInvoked(schedule: Schedule, invoker: Invocation): void {
  for (const invocation of schedule.invoked.take(invoker)) {
    if (invocation.phase === 'complete') commit(schedule, invocation, false)
    else enqueue(schedule.uncommitted, invocation)
  }
}

/**
 * Queues a message for its receivers. Returns the message instead if `isFirst` and nothing is ready before it: then it need
 * not pass the queue.
 */
export function arrive(
  { ready, counts }: Schedule,
  message: SimulatedMessage,
  isFirst: boolean,
): SimulatedMessage | undefined {
  const { receivers, key } = message
  if (receivers === undefined) counts.outputs++
  else {
    message.root.pending += receivers.count
    if (key !== undefined) joinLanes(ready, message, key)
    else if (isFirst && ready.size === 0) return message
    else enqueue(ready, message)
  }
  return undefined
}

function joinLanes(ready: Schedule['ready'], message: SimulatedMessage, key: string): void {
  for (let at = message.receivers; at !== undefined; at = at.next) {
    const own = messageTo(message, at.edge.alone)
    if (joinLane(at.edge.lanes, key, own)) enqueue(ready, own)
  }
}

function finish({ ready, retries, counts }: Schedule, message: SimulatedMessage): void {
  if (message.key !== undefined) {
    const next = leaveLane(message.edge!.lanes, message.key)
    if (next !== undefined) enqueue(ready, next)
  }
  retries.forget(message)
  if (--message.root.pending === 0) counts.openRoots--
}
