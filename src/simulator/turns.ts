import type { Invocation } from '../runtime/invocation.ts'
import { hasEnded } from '../runtime/settle.ts'
import { itemsOf } from './queue.ts'
import type { Schedule } from './schedule.ts'

/**
 * The turns of handlers that use state: one after the other, in the order in which they started, so that one input gives one
 * transcript. It is a handler's turn when all that started before it have ended. The handlers that it invoked share its turn.
 */
export interface Turns {
  /** Resolves when it is this handler's turn. The time of its message stands still until then. */
  wait(invocation: Invocation): Promise<void>
  /** Gives the turn to the next, if it is over. */
  pass(): void
}

/** Makes them, without any that wait. */
export function openTurns({ uncommitted, invoked, now }: Pick<Schedule, 'uncommitted' | 'invoked' | 'now'>): Turns {
  const waiting = new Map<Invocation, { readonly turn: Promise<void>; readonly begin: () => void }>()
  const inTurn = (): readonly Invocation[] => {
    for (const outer of itemsOf(uncommitted)) {
      const all = [...invoked.within(outer)]
      if (!all.every(hasEnded)) return all
    }
    return []
  }
  return {
    async wait(invocation) {
      // A handler that has not returned yet is not in the list.
      await undefined
      const known = waiting.get(invocation)
      if (known !== undefined) return known.turn
      if (inTurn().includes(invocation)) return
      const usedMs = now() - invocation.startedMs
      invocation.startedMs = Number.POSITIVE_INFINITY
      let begin = () => {}
      const turn = new Promise<void>((resolve) => {
        begin = resolve
      })
      waiting.set(invocation, { turn, begin })
      await turn
      invocation.startedMs = now() - usedMs
    },
    pass() {
      if (waiting.size === 0) return
      const all = inTurn()
      for (const [invocation, { begin }] of waiting) {
        if (!hasEnded(invocation) && !all.includes(invocation)) continue
        waiting.delete(invocation)
        begin()
      }
    },
  }
}
