import type { AttemptMark } from '../../runtime/broker.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'

/** What the next owner of a lane has to know. */
export interface LaneState {
  /** The attempts of messages that wait for a retry, by record. */
  readonly marks: Map<string, readonly AttemptMark[]>
  /** How many owners have vanished while a record ran alone. */
  readonly crashes: Map<string, number>
}

/** A state as it was found. */
export interface FoundState extends LaneState {
  /** The worker that had the lane, unless it gave it back. */
  readonly owner: string | undefined
}

/** Returns a state as text. `owner` is null for a lane that is given back. */
export function stateText({ marks, crashes }: LaneState, owner: string | null): string {
  return JSON.stringify({ owner, marks: Object.fromEntries(marks), crashes: Object.fromEntries(crashes) })
}

/** Returns the state of a text; an empty one for a text that is none. */
export function stateIn(text: string | undefined): FoundState {
  const fields = fieldsOf(jsonIn(text ?? '{}'))
  const marks = Object.entries(fieldsOf(fields?.marks) ?? {}).flatMap(([ref, found]) =>
    Array.isArray(found) ? [[ref, found.filter(isMark)] as const] : [],
  )
  const crashes = Object.entries(fieldsOf(fields?.crashes) ?? {}).flatMap(([ref, count]) =>
    typeof count === 'number' ? [[ref, count] as const] : [],
  )
  const owner = typeof fields?.owner === 'string' ? fields.owner : undefined
  return { owner, marks: new Map(marks), crashes: new Map(crashes) }
}

function isMark(value: unknown): value is AttemptMark {
  const mark = fieldsOf(value)
  return ['index', 'attempt', 'asked', 'dueMs'].every((name) => typeof mark?.[name] === 'number')
}

/** The state of a new lane. */
export const NO_STATE = stateText({ marks: new Map(), crashes: new Map() }, null)
