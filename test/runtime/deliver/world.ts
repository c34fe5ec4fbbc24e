import type { RetryPolicy } from '../../../src/graph/graph.ts'
import type { Delivery } from '../../../src/runtime/carrier.ts'
import { followCurrent } from '../../../src/runtime/current.ts'
import { deliver } from '../../../src/runtime/deliver/deliver.ts'
import { openLeases } from '../../../src/runtime/deliver/leases.ts'
import { createProgress, type DeliveryProgress } from '../../../src/runtime/deliver/progress.ts'
import type { FailedMessage } from '../../../src/runtime/deliver/round.ts'
import { addEmit, childOf, nextOrdinal } from '../../../src/runtime/emit.ts'
import type { HandledStore } from '../../../src/runtime/handled.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { seesCallback, takesContext } from '../../../src/runtime/reach.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import type { FakeClock } from '../../contract/clock.ts'
import { messageOf, rootOf } from '../../contract/message.ts'
import { at } from '../../contract/position.ts'

/** What a test says of the place in which deliveries are handled. */
export interface Said {
  readonly clock: FakeClock
  readonly handler: Handler
  readonly policy?: RetryPolicy
  /** How long an invocation may take. */
  readonly forMs?: number
  readonly timeoutMs?: number
  readonly concurrency?: number
  readonly accept?: (clock: FakeClock, data: unknown) => undefined | Promise<void>
  /** What remembers which messages were handled. */
  readonly handled?: HandledStore
  readonly isOurs?: (data: unknown) => boolean
  readonly recordFailure?: (failed: FailedMessage) => undefined | Promise<void>
  /** What is left comes again at once. */
  readonly redeliversAtOnce?: boolean
  /** Keeps messages that may leave their stream. */
  readonly keep?: (message: Message) => Promise<void>
}

/** What is delivered, if it is no stream's records. */
export interface DeliverOptions {
  /** Nothing keeps the order of keys where they come from. */
  readonly keyed?: boolean
}

/** A function with one processor, from invocation to invocation. */
export interface World {
  /** Handles one invocation payload. */
  deliver(deliveries: readonly Delivery[], options?: DeliverOptions): Promise<ReadonlySet<string>>
  /** `<event> <outcome>` of each attempt. */
  readonly ended: string[]
  readonly errors: unknown[]
  /** `<event> <level> <text>` of each line that was logged. */
  readonly lines: string[]
  /** Events that failed for good. */
  readonly recorded: string[]
  progress: DeliveryProgress
  idles: number
}

const NO_RETRIES: RetryPolicy = { retries: 0, backoff: { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: false } }

/** A record of events; those that are text and begin with `k` or `l` have that as key. */
export function deliveryOf(record: string, events: readonly unknown[]): Delivery {
  const messages = events.map((data, index) => {
    const key = /^[kl]/.exec(String(data))?.[0]
    return messageOf({ data, key, ordinal: index, id: `${record}.${index}`, root: rootOf() })
  })
  return { record, position: at(`s/0/${record}`), messages }
}

/** Opens a function that has handled nothing yet. */
export function openWorld(said: Said): World {
  const { clock, handler, policy = NO_RETRIES, forMs = 60_000, timeoutMs = 30_000, concurrency = 100 } = said
  const world: World = {
    ended: [],
    errors: [],
    lines: [],
    recorded: [],
    progress: createProgress(),
    idles: 0,
    deliver(deliveries, { keyed = false } = {}) {
      const text = JSON.stringify(deliveries)
      return deliver(deliveries, {
        processor: {
          name: 'b',
          topology: 'test',
          stage: 'dev',
          timeoutMs,
          handler,
          self: undefined,
          input: undefined,
          takesContext: takesContext(handler),
          invokes: [],
          seesCallback: seesCallback(handler),
          settlesByCallback: handler.length >= 3,
          ignoresFulfillment: false,
        },
        host: {
          accept(invocation, topic, data, key) {
            const acceptance = said.accept?.(clock, data)
            const ordinal = nextOrdinal(invocation, topic, key)
            addEmit(invocation, childOf(invocation.message, { data, topic, key, ordinal }, { from: 'b', to: 'c' }))
            return acceptance
          },
          invoke: (_, processor) => Promise.reject(new Error(`nobody is there to invoke ${processor}`)),
          late: () => {},
          log: ({ message }, level, text) => void world.lines.push(`${message.data} ${level} ${text}`),
        },
        policyOf: ({ data }) => (said.isOurs?.(data) === false ? undefined : policy),
        readAgain: () => JSON.parse(text),
        later: said.keep && { keep: said.keep, keyed },
        idle: () => {
          world.idles++
        },
        ended(invocation, _, outcome, error) {
          world.ended.push(`${invocation.message.data} ${outcome}`)
          if (error !== undefined) world.errors.push(error)
        },
        recordFailure(failed) {
          const recording = said.recordFailure?.(failed)
          if (recording === undefined) world.recorded.push(String(failed.invocation.message.data))
          return recording
        },
        leases: said.handled && ((round) => openLeases(said.handled!, round)),
        invoked: undefined,
        now: clock.now,
        after: clock.after,
        endsMs: clock.now() + forMs,
        redeliversAtOnce: said.redeliversAtOnce === true,
        progress: world.progress,
        current: followCurrent(),
        concurrency,
      })
    },
  }
  return world
}
