import { isTooDeep, MOST_DEPTH } from '../../runtime/depth.ts'
import { fieldsOf } from '../../runtime/text.ts'
import type { EmitEntry, EndEntry, StartEntry } from '../../simulator/transcript.ts'

/** The entries of a transcript that tell what became of messages. */
export interface Entries {
  readonly start: Omit<StartEntry, 'kind'>
  readonly emit: Omit<EmitEntry, 'kind'>
  readonly end: Pick<EndEntry, 'at' | 'processor' | 'message' | 'outcome' | 'error'>
}

/**
 * Reads an entry from a line of a transcript, which may have been changed since it was written: only the known fields are
 * returned. Returns undefined where a field is missing or of another kind, and for a line that was cut off.
 */
export function entryIn<Kind extends keyof Entries>(line: string, kind: Kind): Entries[Kind] | undefined {
  const value = jsonIn(line)
  const fields = fieldsOf(value)
  if (fields?.kind !== kind || isTooDeep(value, MOST_DEPTH + LEVELS_AROUND)) return undefined
  const known = Object.entries<(value: unknown) => boolean>(FIELDS[kind])
  if (!known.every(([name, is]) => is(fields[name]))) return undefined
  const found = known.filter(([name]) => fields[name] !== undefined).map(([name]) => [name, fields[name]])
  return Object.fromEntries(found) as Entries[Kind]
}

/** The entry, and the lists and objects of it that hold a value. */
const LEVELS_AROUND = 3

const isText = (value: unknown) => typeof value === 'string'
const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string'
const isAnything = () => true
const OWN = { at: Number.isFinite, processor: isText, message: isText }

const FIELDS: { readonly [Kind in keyof Entries]: Readonly<Record<keyof Entries[Kind], (value: unknown) => boolean>> } =
  {
    start: {
      ...{ ...OWN, root: isText, hop: Number.isSafeInteger, attempt: Number.isSafeInteger },
      ...{ parent: isTextOrAbsent, from: isTextOrAbsent, topic: isTextOrAbsent, key: isTextOrAbsent },
      invoked: (value) => value === undefined || value === true,
      event: isAnything,
    },
    emit: {
      ...{ ...OWN, id: isText, topic: isText, key: isTextOrAbsent, data: isAnything },
      to: (value) => Array.isArray(value) && value.every(isText),
    },
    end: {
      ...OWN,
      outcome: (value) => value === 'ok' || value === 'retry' || value === 'failed',
      error: (value) => value === undefined || fieldsOf(value) !== undefined,
    },
  }

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
