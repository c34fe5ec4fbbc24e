import type { Lanes, SimulatedMessage } from './message.ts'
import { createQueue, dequeue, enqueue } from './queue.ts'

/** Puts a message behind the others of its key; true when there are none, so that it may start. */
export function joinLane(lanes: Lanes, key: string, message: SimulatedMessage): boolean {
  if (!lanes.has(key)) {
    lanes.set(key, undefined)
    return true
  }
  const waiting = lanes.get(key) ?? createQueue<SimulatedMessage>()
  enqueue(waiting, message)
  lanes.set(key, waiting)
  return false
}

/** Ends the running message of a key, and returns the one that may start now. */
export function leaveLane(lanes: Lanes, key: string): SimulatedMessage | undefined {
  const waiting = lanes.get(key)
  const next = waiting && dequeue(waiting)
  if (next === undefined) lanes.delete(key)
  return next
}
