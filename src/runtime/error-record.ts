import { AttakError } from '../errors.ts'
import { contentDigest } from './content.ts'
import { type CloudEvent, eventOf } from './event.ts'
import { type RecordKind, recordIdFor } from './id.ts'
import { idOf, type Message } from './message.ts'
import type { Position } from './position.ts'
import { textOf } from './text.ts'
import { describeThrown, type Thrown } from './thrown.ts'

/** The record of a failure, as plain JSON: all that is needed to understand it, and to run its message again. */
export interface ErrorRecord {
  /** The version of this shape. */
  readonly attakerror: typeof RECORD_VERSION
  /** See {@link recordIdOf}: recording a failure twice makes one record. */
  readonly id: string
  readonly kind: RecordKind
  /** When it was recorded: RFC 3339, UTC. */
  readonly time: string
  readonly topology: string
  readonly stage: string
  readonly processor: string
  /** The hash of the code that ran; absent where it was simulated. */
  readonly artifact?: string
  /** Which attempt it was, from 1. */
  readonly attempt: number
  readonly error: Thrown
  /** The place of its record; absent in a simulation. */
  readonly position?: Position
  /**
   * The message as it travels, with its lineage and its event as emitted. Absent for a crash, which has `suspects`
   * instead.
   */
  readonly message?: CloudEvent
  /** The events were too large for the store. They are in the stream of `position`, while it retains them. */
  readonly withoutData?: true
  /** For a crash: every message of the records that the function received. */
  readonly suspects?: readonly CloudEvent[]
  /** The messages that led to this one, the root first. Present in a simulation only. */
  readonly ancestors?: readonly CloudEvent[]
  /** How the run was made, where it was simulated: a replay does the same. */
  readonly run?: RecordedSettings
}

/** The settings of a simulation that decide what happens in it. */
export interface RecordedSettings {
  readonly seed: string
  readonly concurrency: number
  /** The processors came from their artifacts. */
  readonly built?: true
}

/** The version of records that this code writes and reads. */
export const RECORD_VERSION = 1

/** The parts of a record of one message. */
export interface FailureParts {
  readonly kind: Exclude<RecordKind, 'crash'>
  /** With its event as no handler has touched it. */
  readonly message: Message
  /** The thrown value: anything. */
  readonly error: unknown
  /** Returns the part of the error to record; {@link describeThrown} by default. */
  readonly describe?: (error: unknown) => Thrown
  readonly topology: string
  readonly stage: string
  readonly processor: string
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly position?: Position | undefined
  readonly artifact?: string | undefined
}

/** The record of a message that failed. Its ancestors are those that the message knows as messages, not by id alone. */
export function errorRecordOf({
  kind,
  message,
  error,
  describe = describeThrown,
  timeMs,
  position,
  artifact,
  ...place
}: FailureParts): ErrorRecord {
  const { topology, stage, processor } = place
  const ancestors = ancestorsOf(message)
  return {
    attakerror: RECORD_VERSION,
    id: recordIdOf(message, processor, kind),
    kind,
    time: new Date(timeMs).toISOString(),
    ...{ topology, stage, processor },
    ...(artifact !== undefined && { artifact }),
    attempt: message.attempt,
    error: describe(error),
    ...(position !== undefined && { position }),
    message: eventOf(message, place),
    ...(ancestors.length > 0 && { ancestors: ancestors.map((ancestor) => eventOf(ancestor, place)) }),
  }
}

/** The id of the record of a message that failed at a processor: see `recordIdFor`. */
export function recordIdOf(message: Message, processor: string, kind: RecordKind): string {
  return recordIdFor(idOf(message), contentDigest(message), processor, kind)
}

function ancestorsOf(message: Message): readonly Message[] {
  const found: Message[] = []
  for (let { parent } = message; typeof parent === 'object'; parent = parent.parent) found.unshift(parent)
  return found
}

/**
 * Returns a record as the text that a store keeps, at most `mostBytes` in UTF-8. A larger record loses its ancestors,
 * then the end of its error. If `isKept` returns true for its position, it then loses its events, and then all of its
 * messages but the position. Throws STORE_FAILED if that would lose an event that is stored nowhere else.
 */
export function encodeRecord(record: ErrorRecord, mostBytes: number, isKept: (position: Position) => boolean): string {
  const { position } = record
  let cut = record
  for (const shorten of position !== undefined && isKept(position) ? [...CUTS, ...CUTS_OF_KEPT] : CUTS) {
    cut = shorten(cut)
    const text = textOf(cut)!
    // A character takes three bytes at most.
    if (text.length * 3 <= mostBytes || Buffer.byteLength(text) <= mostBytes) return text
  }
  throw new AttakError(
    'STORE_FAILED',
    `the error record ${record.id} of "${record.processor}" is larger than the ${mostBytes} bytes that its store takes`,
    "Use a store that takes larger records: errors: { store: 's3', bucket: '…' }.",
  )
}

/** One after the other, each on what the one before has left. */
const CUTS: readonly ((record: ErrorRecord) => ErrorRecord)[] = [
  (record) => record,
  ({ ancestors, ...record }) => record,
  ({ error, ...record }) => ({ ...record, error: cutThrown(error) }),
]
const CUTS_OF_KEPT = [withoutData, withoutMessages]

/** Each of its texts. */
const MOST_CUT_CHARACTERS = 4000

function cutThrown(error: Thrown): Thrown {
  const cut = Object.entries(error).map(([field, text]: [string, string]) => [
    field,
    text.slice(0, MOST_CUT_CHARACTERS),
  ])
  return Object.fromEntries(cut) as Thrown
}

function withoutData({ message, suspects, ...record }: ErrorRecord): ErrorRecord {
  const bare = ({ data, ...event }: CloudEvent): CloudEvent => event
  const bareMessage = message && { message: bare(message) }
  return { ...record, ...bareMessage, withoutData: true, ...(suspects && { suspects: suspects.map(bare) }) }
}

function withoutMessages({ message, suspects, ...record }: ErrorRecord): ErrorRecord {
  return { ...record, withoutData: true }
}
