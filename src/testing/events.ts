import { errorOf, type Problem } from '../errors.ts'
import { faultOf, problemAt } from '../project/events.ts'
import { sayUnwritable } from '../runtime/refusal.ts'
import { type Copier, createCopier } from '../simulator/copy.ts'
import type { InputEvent } from '../topology/topology.ts'

/**
 * Gives the events copies of their own, equal to a JSON round trip, so that a test may change what it has sent. Throws
 * INPUT_INVALID, all problems at once.
 */
export function ownEvents(events: readonly InputEvent[], processors: ReadonlySet<string>): InputEvent[] {
  const copier = createCopier()
  const problems: Problem[] = []
  const owned = events.flatMap((input, index) => {
    const where = events.length === 1 ? 'the event' : `events[${index}]`
    const fault = faultOf(input, processors)
    if (fault !== undefined) problems.push(problemAt(where, fault))
    return fault === undefined ? [ownEvent(input, where, copier, problems)] : []
  })
  if (problems.length > 0) throw errorOf(problems)
  return owned
}

function ownEvent(input: InputEvent, where: string, { copy }: Copier, problems: Problem[]): InputEvent {
  try {
    return { ...input, event: copy(input.event) }
  } catch (error) {
    problems.push(problemAt(where, { what: sayUnwritable(input.event, error), remedy: 'Send what JSON can carry.' }))
    return input
  }
}
