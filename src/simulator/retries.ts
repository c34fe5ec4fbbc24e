import type { Failure, Invocation } from '../runtime/invocation.ts'
import type { Message } from '../runtime/message.ts'
import { settleFailure } from '../runtime/retry.ts'
import { messageTo, type SimulatedMessage } from './message.ts'
import { createTimers } from './timers.ts'

/** Messages that wait for a retry, and how often a handler asked for one. Times are virtual milliseconds. */
export interface Retries {
  /**
   * Returns when the message of a failed invocation is retried, by its policy. Returns undefined when the message is
   * given up, and then sets the failure to report. Call it once for each attempt.
   */
  timeOf(invocation: Invocation, failure: Failure, nowMs: number): number | undefined
  /** Adds the next attempt of a message. */
  add(message: SimulatedMessage, atMs: number): void
  /** When the next is due; undefined when nothing waits. */
  nextMs(): number | undefined
  /** Takes the next; undefined when nothing waits. */
  shift(): SimulatedMessage | undefined
  /** Forgets a message that is done. */
  forget(message: SimulatedMessage): void
  /** The number of waiting messages. */
  size(): number
}

/** Makes retries without any. */
export function openRetries(): Retries {
  const timers = createTimers<SimulatedMessage>()
  /** How often `Retry` was thrown, by the message of the last attempt. */
  const asked = new Map<Message, number>()
  return {
    timeOf(invocation, failure, nowMs) {
      const message = invocation.message as SimulatedMessage
      const edge = message.edge!
      if (edge.invoked) return undefined
      const times = asked.get(message) ?? 0
      const verdict = settleFailure(message, failure, edge.policy, times)
      if (!verdict.retry) {
        invocation.failure = { error: verdict.error }
        return undefined
      }
      if (verdict.asked) asked.set(message, times + 1)
      return nowMs + verdict.afterMs
    },
    add(message, atMs) {
      const next = messageTo(message, message.edge!.alone, message.attempt + 1)
      const times = asked.get(message)
      asked.delete(message)
      if (times !== undefined) asked.set(next, times)
      timers.add(atMs, next)
    },
    nextMs: timers.nextMs,
    shift: timers.shift,
    forget(message) {
      if (asked.size > 0) asked.delete(message)
    },
    size: () => timers.size,
  }
}
