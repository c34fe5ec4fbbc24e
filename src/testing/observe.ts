import type { Attempt, Emit, Failure, Line, Record } from './record.ts'

/** The results, in order: of the topology, or of one processor. Each property returns the current results when it is read. */
export interface Observed {
  /** Each attempt to handle a message, with its emits, its log lines and its outcome. */
  readonly attempts: readonly Attempt[]
  readonly emits: readonly Emit[]
  /** The emits that no processor receives. */
  readonly outputs: readonly Emit[]
  /** Lines written by `console` and `context.log`. */
  readonly logs: readonly Line[]
  /** Messages that failed for good, and emits after a handler had settled. */
  readonly errors: readonly Failure[]
  /** How many messages were handled. */
  readonly handled: number
}

/** The results of one processor. */
export interface ProcessorView<Event = unknown> extends Observed {
  /** The event of each message that it received, once even if it was retried. */
  readonly events: readonly Event[]
}

/** Returns the results of the topology. */
export function observe(record: Record): Observed {
  return observeThose(record, () => true)
}

/** Returns the results of one processor. */
export function observeProcessor(record: Record, name: string): ProcessorView {
  const observed = observeThose(record, ({ processor }) => processor === name)
  const view = {
    get events() {
      const firsts = new Map(observed.attempts.map(({ message, event }) => [message, event]))
      return [...firsts.values()]
    },
  }
  return Object.defineProperties(observed, Object.getOwnPropertyDescriptors(view)) as ProcessorView
}

function observeThose(record: Record, isOne: (of: { readonly processor: string }) => boolean): Observed {
  return {
    get attempts() {
      return record.attempts.filter(isOne)
    },
    get emits() {
      return record.attempts.filter(isOne).flatMap(({ emits }) => emits)
    },
    get outputs() {
      return this.emits.filter(({ to }) => to.length === 0)
    },
    get logs() {
      return record.attempts.filter(isOne).flatMap(({ logs }) => logs)
    },
    get errors() {
      return record.failures.filter(isOne)
    },
    get handled() {
      return record.attempts.filter((attempt) => isOne(attempt) && attempt.outcome === 'ok').length
    },
  }
}
