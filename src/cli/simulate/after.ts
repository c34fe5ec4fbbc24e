import type { Problem } from '../../errors.ts'
import { placeOfFirstCall } from '../../project/stack.ts'
import { invocationOfUncaught } from '../../runtime/current.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import { type Loss, MOST_LOSSES } from '../../simulator/losses.ts'
import { drawCount } from '../../view/duration.ts'
import { colorsOf, drawError, hang } from '../../view/print.ts'
import { errorOfChanged } from '../built-ins.ts'
import type { Host } from '../host.ts'
import type { PendingTimer } from '../timers.ts'

/**
 * Prepares for the work of handlers after their run has ended. From now on their timers are watched, and their uncaught
 * errors are printed instead of ending the process. Call it before the project is loaded.
 */
export function prepareForAfter(host: Host): void {
  host.watchTimers()
  host.onUncaught((error) => {
    const handler = invocationOfUncaught(error)
    if (handler === undefined) return endIfChanged(error, host)
    const { name, message, stack } = describeThrown(error)
    const what = hang(stack ?? `${name}: ${message}`)
    host.err.tell(`"${handler.processor}" failed after its run had ended: ${what}\n`)
    return true
  })
  host.onExit((code) => {
    // A project that replaces `then` can keep attak from being called back.
    if (code === undefined) endIfChanged(new Error('the run has nothing left to do, but has not ended'), host)
  })
}

/** Ends the process with an error if the project changed what is built into JavaScript. Otherwise returns false. */
function endIfChanged(error: unknown, host: Host): false {
  const changed = errorOfChanged(error, host)
  if (changed === undefined) return false
  host.err.tell(drawError(changed, colorsOf(host.err)))
  return host.exit(1)
}

/** How many places are shown for each processor. */
const SHOWN_PLACES = 3

/**
 * Returns a warning for each processor whose code left timers pending, with places relative to `cwd`. Timers of
 * packages are ignored.
 */
export function pendingProblems(pending: readonly PendingTimer[], cwd: string): readonly Problem[] {
  const byProcessor = new Map<string, string[]>()
  for (const { owner, stack } of pending) {
    const place = placeOfFirstCall(stack, cwd)
    if (place !== undefined) byProcessor.set(owner, [...(byProcessor.get(owner) ?? []), place])
  }
  return [...byProcessor].map(([processor, places]) => {
    const shown = [...new Set(places)]
    const more = shown.length > SHOWN_PLACES ? ', …' : ''
    const started = `${shown.slice(0, SHOWN_PLACES).join(', ')}${more}`
    const count = places.length === 1 ? 'a timer' : drawCount(places.length, 'timer')
    return {
      code: 'TIMER_PENDING',
      severity: 'warning',
      where: `processor "${processor}"`,
      what: `left ${count} pending at the end of the run (${started}): later emits are lost`,
      remedy: 'Settle the handler when its timers are done, or clear them.',
    }
  })
}

/** Returns a warning for each place where JSON changed an event. */
export function lossProblems(losses: readonly Loss[]): readonly Problem[] {
  return losses.map(({ from, path, what, remedy }, index) => {
    const isLast = index === MOST_LOSSES - 1
    return {
      code: 'EVENT_CHANGED',
      severity: 'warning',
      where: from,
      what: `${path} ${what}`,
      remedy: isLast ? `${remedy} There may be more such places: attak lists ${MOST_LOSSES}.` : remedy,
    }
  })
}
