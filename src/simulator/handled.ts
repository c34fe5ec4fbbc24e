import { contentDigest } from '../runtime/content.ts'
import { contextView } from '../runtime/context-view.ts'
import { call } from '../runtime/handle.ts'
import { OTHER_DATA } from '../runtime/handled.ts'
import type { Invocation, InvocationHost, ProcessorRuntime } from '../runtime/invocation.ts'
import { idOf, type Message, type Root } from '../runtime/message.ts'
import type { Calling } from '../runtime/reach.ts'
import { hasEnded, settle } from '../runtime/settle.ts'

/** Those of one message that were begun, by its id; of one with other data beside it, too. */
type Begun = Map<string, Invocation[]>

/** The log line of a skipped message in the transcript. */
const SKIPPED = 'skipped: it was handled before'

/**
 * Makes a processor skip messages that it has handled, by the same rules as a deployed function with a table: see
 * `HandledStore`. It remembers a message until the last message of its input is done. Repeated messages come from the
 * same input, or were resumed; resumed messages are remembered to the end of the run.
 */
export function skippingHandled(calling: Calling, host: InvocationHost): Calling & Pick<ProcessorRuntime, 'host'> {
  const { handler, self } = calling
  const begunOf = openBegun()
  /** Those that wait for one that is handled just now. */
  const waiting = new Map<Invocation, (() => void)[]>()

  const wait = async (invocation: Invocation, other: Invocation, event: unknown) => {
    // Its time begins when its handler does.
    invocation.startedMs = Number.POSITIVE_INFINITY
    await new Promise<void>((resolve) => waiting.set(other, [...(waiting.get(other) ?? []), resolve]))
    invocation.startedMs = host.now()
    if (!hasEnded(invocation)) call(invocation, event)
  }

  return {
    ...calling,
    takesContext: false,
    handler(event, given, callback) {
      const invocation = given as Invocation
      const { message } = invocation
      const context = calling.takesContext ? contextView(invocation) : given
      const run = () =>
        self === undefined ? handler(event, context, callback) : handler.call(self, event, context, callback)
      if (message.edge?.invoked === true) return run()
      const known = begunOf(message)
      const same =
        message.forced === true
          ? undefined
          : known.find((other) => contentDigest(other.message) === contentDigest(message))
      if (same === undefined) {
        if (known.length > 0 && message.forced !== true) host.log(invocation, 'warn', OTHER_DATA)
        known.push(invocation)
        return run()
      }
      if (hasEnded(same)) {
        host.log(invocation, 'info', SKIPPED)
        return settle(invocation, undefined)
      }
      void wait(invocation, same, event)
      return new Promise(() => {})
    },
    host: {
      ...host,
      completed(invocation) {
        host.completed(invocation)
        for (const goOn of waiting.get(invocation) ?? []) goOn()
        waiting.delete(invocation)
      },
    },
  }
}

/** Returns the list of a message's invocations that have not failed; the caller adds the next one to it. */
function openBegun(): (message: Message) => Invocation[] {
  const byRoot = new WeakMap<Root, Begun>()
  const resumed: Begun = new Map()
  const begunWith = (message: Message): Begun => {
    if (wasResumed(message)) return resumed
    const begun: Begun = byRoot.get(message.root) ?? new Map()
    byRoot.set(message.root, begun)
    return begun
  }
  return (message) => {
    const begun = begunWith(message)
    const id = idOf(message)
    const known = begun.get(id)?.filter(({ failure }) => failure === undefined) ?? []
    begun.set(id, known)
    return known
  }
}

/**
 * Whether this message, or one that led to it, was resumed. Each resumed message is a separate root, and several may
 * share a trace.
 */
function wasResumed(message: Message): boolean {
  let first = message
  while (typeof first.parent === 'object') first = first.parent
  return first.ordinal < 0
}
