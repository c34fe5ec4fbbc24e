import { memory } from '../carriers/memory/carrier.ts'
import { InvocationContext } from '../runtime/context.ts'
import { handle } from '../runtime/handle.ts'
import { type Invocation, keepDuration } from '../runtime/invocation.ts'
import type { Root } from '../runtime/message.ts'
import { cutOff, hasEnded } from '../runtime/settle.ts'
import type { InputEvent } from '../topology/topology.ts'
import { arrive, commit } from './commit.ts'
import { openInvoked } from './invoked.ts'
import { inputMessage, isResumed, messageTo, resumedMessage, type SimulatedMessage } from './message.ts'
import { createQueue, dequeue, enqueue, itemsOf, oldest } from './queue.ts'
import { openRetries } from './retries.ts'
import type { Schedule, ScheduleParts } from './schedule.ts'

/** Makes a schedule with nothing to do. */
export function openSchedule(parts: ScheduleParts): Schedule {
  const schedule: Schedule = {
    ...parts,
    next: undefined,
    ready: createQueue(),
    uncommitted: createQueue(),
    retries: openRetries(),
    invoked: openInvoked(parts),
    sender: memory.openSender((message) => void arrive(schedule, message as SimulatedMessage, false)),
    counts: { roots: 0, openRoots: 0, outputs: 0, failed: 0 },
    nowMs: 0,
    lookedMs: Number.NEGATIVE_INFINITY,
  }
  return schedule
}

/**
 * Starts messages that may start, the oldest first. Takes an event of the input where no message may start. Stops after
 * the first step that is made after `endMs` (real). Returns whether it did anything.
 */
export function work(schedule: Schedule, endMs: number): boolean {
  const { ready, uncommitted, concurrency, counts, now } = schedule
  // Kept in a local: storing a young object in an old one triggers a write barrier (5 ns a message).
  let first = schedule.next
  let worked = false
  while (schedule.lookedMs <= endMs && uncommitted.size < concurrency) {
    const message = first === undefined && ready.size > 0 ? dequeue(ready) : first
    if (message === undefined) {
      const { roots } = counts
      first = admit(schedule)
      if (counts.roots === roots) break
      if (first === undefined) schedule.lookedMs = now()
    } else {
      const after = message.receivers!.next
      first = after === undefined ? undefined : messageTo(message, after)
      const emitted = start(schedule, message, first === undefined)
      if (first === undefined) first = emitted
    }
    worked = true
  }
  schedule.next = first
  return worked
}

/** Returns the emitted message, if it is the only one and may start next: see `commit`. */
function start(schedule: Schedule, message: SimulatedMessage, isFirst: boolean): SimulatedMessage | undefined {
  const { uncommitted, now, started } = schedule
  const { receiver, copier } = message.edge!
  const event = copier.copy(message.data)
  const startedMs = now()
  schedule.lookedMs = startedMs
  const invocation = new InvocationContext(receiver, message, startedMs)
  if (started !== undefined) started[0] = receiver.place
  schedule.current.run(invocation, handle, event)
  if (started !== undefined) started[0] = 0
  if (invocation.phase !== 'complete') invocation.outlasting = true
  else {
    if (schedule.timed) keepDuration(invocation, now() - invocation.startedMs)
    if (uncommitted.size === 0) return commit(schedule, invocation, isFirst)
  }
  enqueue(uncommitted, invocation)
  return undefined
}

/** Takes in an event of the input, if there is one and room for it. Returns its message, if that may start. */
function admit(schedule: Schedule): SimulatedMessage | undefined {
  const { counts, mostOpenRoots } = schedule
  const input = counts.openRoots < mostOpenRoots ? schedule.nextInput() : undefined
  return input === undefined ? undefined : takeIn(schedule, input)
}

function takeIn(schedule: Schedule, input: InputEvent): SimulatedMessage | undefined {
  const { seed, counts } = schedule
  const root: Root = { seed, position: counts.roots, pending: 0, id: undefined }
  const message = isResumed(input)
    ? resumedMessage(root, schedule.edgeOf(input), input)
    : inputMessage(root, schedule.edgeTo(input.to), input)
  counts.roots++
  counts.openRoots++
  return arrive(schedule, message, true)
}

/** Returns the oldest invocation that is not committed. */
export function headOf({ uncommitted }: Schedule): Invocation | undefined {
  return oldest(uncommitted)
}

/** Commits the oldest invocation, which must be complete. */
export function commitHead(schedule: Schedule): void {
  const invocation = dequeue(schedule.uncommitted)
  const passed = invocation && commit(schedule, invocation, schedule.next === undefined)
  schedule.next ??= passed
  schedule.lookedMs = schedule.now()
}

/**
 * Moves virtual time to the next due message, when nothing can start and nothing runs. Returns false when nothing is
 * due by `untilMs`; then moves the time there, unless it is infinite.
 */
export function advance(schedule: Schedule, untilMs: number): boolean {
  const { retries, ready, ticks } = schedule
  const tickMs = ticks?.nextMs() ?? Number.POSITIVE_INFINITY
  const nextMs = Math.min(retries.nextMs() ?? Number.POSITIVE_INFINITY, tickMs)
  if (nextMs > untilMs || nextMs === Number.POSITIVE_INFINITY) {
    if (untilMs !== Number.POSITIVE_INFINITY) schedule.nowMs = untilMs
    return false
  }
  schedule.nowMs = nextMs
  while (retries.nextMs() === nextMs) enqueue(ready, retries.shift()!)
  if (tickMs === nextMs) schedule.next = takeIn(schedule, ticks!.shift())
  return true
}

/** Ends every running invocation that `isOver`. */
export function cutOffRunning(
  { uncommitted, invoked, current }: Schedule,
  isOver: (invocation: Invocation) => boolean,
  errorOf: (invocation: Invocation) => unknown,
): void {
  for (const outer of itemsOf(uncommitted)) {
    for (const invocation of invoked.within(outer)) {
      // Listeners of its signal are the handler's own code.
      if (!hasEnded(invocation) && isOver(invocation)) current.run(invocation, cutOff, errorOf(invocation))
    }
  }
}

/** Returns whether one more event of the input may be taken in. */
export function hasRoom({ uncommitted, concurrency, counts, mostOpenRoots }: Schedule): boolean {
  return uncommitted.size < concurrency && counts.openRoots < mostOpenRoots
}
