import { errorOf, type Problem } from '../errors.ts'
import { faultOf, ownEvent, problemAt, readMadeEvent } from '../project/events.ts'
import type { InputEvent } from '../topology/topology.ts'
import { textOf } from './options.ts'

/**
 * Returns the events with copies of their data, equal to a JSON round trip, so that a test may change what it has sent. Throws
 * INPUT_INVALID with all problems.
 */
export function ownEvents(events: readonly InputEvent[], processors: ReadonlySet<string>): InputEvent[] {
  if (!Array.isArray(events)) {
    const what = `must be an array of events; got ${textOf(events)}`
    const remedy = "Write [{ to: 'processor', event: … }]."
    throw errorOf([{ code: 'INPUT_INVALID', severity: 'error', where: 'the events', what, remedy }])
  }
  const problems: Problem[] = []
  const owned = events.flatMap((given, index) => {
    const input = readMadeEvent(given)
    const event = faultOf(input, processors) ?? ownEvent(input as InputEvent)
    if (!('what' in event)) return [event]
    problems.push(problemAt(events.length === 1 ? 'the event' : `events[${index}]`, event))
    return []
  })
  if (problems.length > 0) throw errorOf(problems)
  return owned
}
