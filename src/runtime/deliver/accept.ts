import { dataTextOf } from '../check-message.ts'
import { addEmit, childOf, nextOrdinal } from '../emit.ts'
import type { Invocation, InvocationHost } from '../invocation.ts'
import type { Edge, Message } from '../message.ts'
import type { Outbox } from '../outbox.ts'
import { hopRefusal, sizeRefusal } from '../refusal.ts'
import type { Router } from '../routes.ts'

/** Where an emit is sent: each channel once, however many processors receive it there. */
export type ChannelRoute = readonly { readonly channel: string; readonly edge: Edge }[]

/** What {@link acceptInto} works with. */
export interface AcceptParts {
  readonly route: Router<ChannelRoute>
  readonly hopLimit: number
  readonly outbox: Pick<Outbox, 'add'>
  /** Called for emits without a subscriber. */
  readonly output: (invocation: Invocation, message: Message, data: string | undefined) => void
}

/** The channels of streams, in their order; those that share one are sent to once. */
export function channelRoute(
  from: string,
  streams: readonly { readonly to: string; readonly channel: string }[],
): ChannelRoute {
  const first = new Map<string, Edge>()
  for (const { to, channel } of streams) if (!first.has(channel)) first.set(channel, { from, to })
  return [...first].map(([channel, edge]) => ({ channel, edge }))
}

/** Takes emits into an outbox. */
export function acceptInto({ route, hopLimit, outbox, output }: AcceptParts): InvocationHost['accept'] {
  return (invocation, topic, data, key, traceparent) => {
    const ways = route(topic)
    const { message } = invocation
    if (message.hop >= hopLimit && ways.length > 0) throw hopRefusal(topic, hopLimit)
    const ordinal = nextOrdinal(invocation, topic, key)
    const emitted = { data, topic, key, ordinal, traceparent }
    const first = childOf(message, emitted, ways[0]?.edge)
    if (ways.length === 0) output(invocation, first, dataText(first))
    const acceptance =
      ways.length === 1
        ? outbox.add(ways[0]!.channel, first)
        : allOf(
            ways.map(({ channel, edge }, index) =>
              outbox.add(channel, index === 0 ? first : childOf(message, emitted, edge)),
            ),
          )
    addEmit(invocation, first)
    return acceptance
  }
}

function allOf(acceptances: readonly Promise<void>[]): Promise<void> | undefined {
  return acceptances.length === 0 ? undefined : Promise.all(acceptances).then(() => {})
}

/**
 * Throws for data that no stream could carry, even without a subscriber. So adding a stream later does not change the
 * emitter.
 */
function dataText(message: Message): string | undefined {
  const text = dataTextOf(message)
  const bytes = text === undefined ? 0 : Buffer.byteLength(text)
  if (bytes > MOST_OUTPUT_BYTES) throw sizeRefusal(message.topic ?? '', bytes, MOST_OUTPUT_BYTES)
  return text
}

const MOST_OUTPUT_BYTES = 1024 * 1024
