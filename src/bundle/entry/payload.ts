import { knownRoot, messageOfEvent } from '../../runtime/event.ts'
import { INVOKE_TOPIC } from '../../runtime/invoke.ts'
import type { Message } from '../../runtime/message.ts'
import { fieldsOf } from '../../runtime/text.ts'
import type { Carrier } from './carrier.ts'

/** An invocation payload, by what is to be answered: which records come again, what a handler settled with, or nothing. */
export type Payload =
  | { readonly kind: 'records'; readonly carrier: Carrier }
  | { readonly kind: 'invoked'; readonly message: Message }
  | { readonly kind: 'event'; readonly message: Message }

/** Where a payload came to. */
export interface PayloadPlace {
  readonly processor: string
  /** Names this invocation, and stays when it is repeated. */
  readonly requestId: string
  readonly carriers: readonly Carrier[]
}

/**
 * Reads what a function is invoked with: records of a carrier, a CloudEvent as `attak trigger` and `context.invoke` send
 * it, or any other event, which is then an input.
 */
export function readPayload(payload: unknown, { processor, requestId, carriers }: PayloadPlace): Payload {
  const source = eventSourceOf(payload)
  const carrier = source === undefined ? undefined : carriers.find(({ eventSource }) => eventSource === source)
  if (carrier !== undefined) return { kind: 'records', carrier }
  const message = messageOfEvent(payload, processor)
  if (message?.topic === INVOKE_TOPIC) return { kind: 'invoked', message }
  return { kind: 'event', message: message ?? inputOf(payload, processor, requestId) }
}

function eventSourceOf(payload: unknown): unknown {
  const records = fieldsOf(payload)?.Records
  return Array.isArray(records) ? fieldsOf(records[0])?.eventSource : undefined
}

function inputOf(data: unknown, processor: string, requestId: string): Message {
  const edge = { from: undefined, to: processor }
  const root = knownRoot(requestId.replaceAll('-', ''))
  const none = { topic: undefined, key: undefined, parent: undefined, id: undefined }
  return { ...none, data, edge, root, ordinal: 0, hop: 1, attempt: 1, row: -1 }
}
