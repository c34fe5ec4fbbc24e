import type { Attempt, Emit, Failure, Line, Record } from './record.ts'

/** What happened, in order: all of it, or that of one processor. Reading again later shows what came since. */
export interface Observed {
  /** Each attempt to handle a message, with what it emitted and wrote, and how it ended. */
  readonly attempts: readonly Attempt[]
  readonly emits: readonly Emit[]
  /** The emits that nobody hears: what comes out of the topology. */
  readonly outputs: readonly Emit[]
  /** Lines written by `console` and `context.log`. */
  readonly logs: readonly Line[]
  /** Messages that were given up, after their retries, and emits that came too late. */
  readonly errors: readonly Failure[]
  /** How many messages were handled. */
  readonly handled: number
}

/** What happened at one processor. */
export interface ProcessorView<Event = unknown> extends Observed {
  /** The event of each message it was given, once however often it was tried. */
  readonly events: readonly Event[]
}

/** Looks at what happened to all. */
export function observe(record: Record): Observed {
  return observeThose(record, () => true)
}

/** Looks at what happened at one processor. */
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
