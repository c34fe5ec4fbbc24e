import type { Failure, Invocation, LogLevel } from '../runtime/invocation.ts'
import { idOf } from '../runtime/message.ts'

/**
 * Something that a handler did after its message was handled: it wrote a line, and with `failure` it also failed the run.
 */
export interface Late {
  readonly invocation: Invocation
  readonly level: LogLevel
  readonly text: string
  /** Set for an emit or invoke that was refused, and for an uncaught error. */
  readonly failure?: Failure
}

/**
 * Collects late deeds during a run. They happen in real time, so their place among the committed entries would depend
 * on the speed of the machine.
 */
export interface Lates {
  add(late: Late): void
  /** Collects deeds from now on. */
  hold(): void
  /** Releases all collected deeds, and from now on each at once. */
  release(): void
}

/** A higher number would take too much memory: then all collected deeds are released at once. */
const MOST_KEPT = 100_000

/**
 * Passes late deeds on in order: by the position of their input, then by their distance from it; those of one attempt
 * in the order they happened.
 */
export function openLates(tell: (late: Late) => void): Lates {
  let kept: Late[] = []
  let holds = false
  const tellAll = () => {
    const lates = kept.sort(compare)
    kept = []
    for (const late of lates) tell(late)
  }
  return {
    add(late) {
      kept.push(late)
      if (!holds || kept.length >= MOST_KEPT) tellAll()
    },
    hold() {
      holds = true
    },
    release() {
      holds = false
      tellAll()
    },
  }
}

function compare({ invocation: { message: a } }: Late, { invocation: { message: b } }: Late): number {
  if (a === b) return 0
  const distance = (a.root.position ?? 0) - (b.root.position ?? 0) || a.hop - b.hop
  if (distance !== 0) return distance
  const [first, second] = [idOf(a), idOf(b)]
  if (first !== second) return first < second ? -1 : 1
  const [to, other] = [a.edge?.to ?? '', b.edge?.to ?? '']
  return to === other ? a.attempt - b.attempt : to < other ? -1 : 1
}
