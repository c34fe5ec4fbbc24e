import type { OpenCarriers } from '../../runtime/carrier.ts'
import { UNREADABLE_EVENT } from '../../runtime/codec.ts'
import { excerptOf, isTooDeep, MOST_DEPTH, TOO_DEEP } from '../../runtime/depth.ts'
import { knownRoot, messageOfEvent } from '../../runtime/event.ts'
import { INVOKE_TOPIC } from '../../runtime/invoke.ts'
import type { Message } from '../../runtime/message.ts'
import { isOutOfRange, OUT_OF_RANGE } from '../../runtime/range.ts'
import { fieldsOf } from '../../runtime/text.ts'

/** An invocation payload, by its answer: the records to redeliver, a handler's result, or nothing. */
export type Payload =
  | { readonly kind: 'records'; readonly via: string }
  | { readonly kind: 'no records' }
  | { readonly kind: 'invoked'; readonly message: Message }
  | { readonly kind: 'event'; readonly message: Message }

/** The receiver of a payload. */
export interface PayloadPlace {
  readonly processor: string
  /** Names this invocation, and stays when it is repeated. */
  readonly requestId: string
  readonly carriers: OpenCarriers['receivers']
}

/**
 * Reads the payload of a function. Records of a carrier: one such record is enough, so that broken ones beside it are
 * refused alone. A CloudEvent: from `attak trigger` or `context.invoke`. Any other event is an input. A direct caller
 * may have a message handled again, but not have it wait.
 */
export function readPayload(payload: unknown, { processor, requestId, carriers }: PayloadPlace): Payload {
  const records = fieldsOf(payload)?.Records
  if (Array.isArray(records)) {
    if (records.length === 0) return { kind: 'no records' }
    const sources = new Set(records.map((record) => fieldsOf(record)?.eventSource))
    const via = Object.keys(carriers).find((name) => sources.has(carriers[name]!.receiver.eventSource))
    if (via !== undefined) return { kind: 'records', via }
  }
  const place = { to: processor, requestId }
  const message = messageIn(payload, place)
  if (message?.topic === INVOKE_TOPIC) return { kind: 'invoked', message }
  return { kind: 'event', message: message ?? inputOf(payload, place) }
}

interface DirectPlace {
  readonly to: string
  readonly requestId: string
}

/** The message of a CloudEvent, or why what came cannot be handled; undefined for an input. */
function messageIn(payload: unknown, place: DirectPlace): Message | undefined {
  const fields = fieldsOf(payload)
  const isEvent = fields !== undefined && 'attakroot' in fields
  const fault = isTooDeep(payload, MOST_DEPTH + (isEvent ? 1 : 0))
    ? TOO_DEEP
    : isOutOfRange(isEvent ? fields.data : payload) && OUT_OF_RANGE
  if (fault) {
    const refused = { ...inputOf(excerptOf(payload), place), refused: `its data ${fault}` }
    // A waiting caller must get an answer.
    return fields?.type === INVOKE_TOPIC ? { ...refused, topic: INVOKE_TOPIC } : refused
  }
  if (!isEvent) return undefined
  const message = messageOfEvent(payload, place.to)
  if (message === undefined) return { ...inputOf(excerptOf(payload), place), refused: UNREADABLE_EVENT }
  if (message.wait === undefined) return message
  const { wait: _, ...now } = message
  return now
}

function inputOf(data: unknown, { to, requestId }: DirectPlace): Message {
  const edge = { from: undefined, to }
  const root = knownRoot(requestId.replaceAll('-', ''))
  const none = { topic: undefined, key: undefined, parent: undefined, id: undefined }
  return { ...none, data, edge, root, ordinal: 0, hop: 1, attempt: 1 }
}
