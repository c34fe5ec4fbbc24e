import type { Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type CloudEvent, emitterIn, topicOf } from '../../runtime/event.ts'
import type { Position } from '../../runtime/position.ts'
import type { Thrown } from '../../runtime/thrown.ts'

/** The data of one line, record or stream about a message at a processor. A missing field is unknown. */
export interface Fact {
  readonly message: string
  /** The processor that handled it; undefined for an emit without a subscriber. */
  readonly processor: string | undefined
  readonly root?: string
  readonly parent?: string
  /** The processor that emitted it. */
  readonly from?: string
  readonly topic?: string
  readonly key?: string
  readonly hop?: number
  readonly attempt?: number
  /** `ok`, `retry`, `postponed`, `skipped`, `failed`; of error records `late`, after it was handled, or `crash`. */
  readonly outcome?: string
  readonly error?: Thrown
  /** RFC 3339, UTC. */
  readonly time?: string
  /** Virtual milliseconds, where it was simulated. */
  readonly at?: number
  readonly position?: Position
  /** The handler of `parent` invoked it and waited. */
  readonly invoked?: true
  /** The event, if it is known; without `data` if nothing was emitted. */
  readonly event?: { readonly data?: unknown }
  /** Why there is no event: a sentence. */
  readonly missing?: string
}

/** A message or an error record that matches an id. */
export interface Found extends Pick<Fact, 'message' | 'processor' | 'parent' | 'from' | 'topic' | 'outcome' | 'time'> {
  readonly root: string
  /** The id of the error record, if the search was for one. */
  readonly record?: string
}

/** A place to look up messages. */
export interface Source {
  /** Returns all whose id begins with `prefix`; without a prefix, the newest error. */
  find(prefix: string | undefined): Promise<readonly Found[]>
  /** Returns the known facts of a trace's messages, with or without their events. */
  trace(found: Found): Promise<readonly Fact[]>
  /** More of the steps that lead to one of them: their events, or why there are none. */
  details(steps: readonly Fact[]): Promise<readonly Fact[]>
  /** What to do when nothing is found. */
  readonly remedy: string
  /** Warnings about what could not be read so far. */
  readonly problems?: () => readonly Problem[]
}

/**
 * Returns the facts of an error record: about its message, and those that led to it; for a crash, about all messages
 * that may have caused it.
 */
export function factsOfRecord(record: ErrorRecord): readonly Fact[] {
  const { message, ancestors = [], suspects = [] } = record
  if (message === undefined) return suspects.map((suspect) => failedFact(record, suspect))
  const chain = [...ancestors, message]
  const before = ancestors.map((event, index) => factOfEvent(event, emitterIn(chain[index + 1]!.source)))
  return [...before, failedFact(record, message)]
}

function failedFact(
  { processor, attempt, error, kind, position, withoutData }: ErrorRecord,
  message: CloudEvent,
): Fact {
  const { event, ...fact } = factOfEvent(message, processor)
  return {
    ...fact,
    ...{ attempt, error, outcome: kind },
    ...(position !== undefined && { position }),
    ...(!withoutData && { event }),
  }
}

function factOfEvent(event: CloudEvent, processor: string | undefined) {
  const { id, source, type, time, partitionkey, attakroot, attakparent, attakhop, attakattempt, data } = event
  const [from, topic] = [emitterIn(source), topicOf(type, attakparent)]
  return {
    ...{ message: id, processor, root: attakroot, hop: attakhop, attempt: attakattempt },
    ...(attakparent !== undefined && { parent: attakparent }),
    ...(from !== undefined && { from }),
    ...(topic !== undefined && { topic }),
    ...(partitionkey !== undefined && { key: partitionkey }),
    ...(time !== undefined && { time }),
    event: 'data' in event ? { data } : {},
  }
}

/** Looks messages up in error records alone: in those of a simulation, which hold all that led to what failed. */
export function recordsSource(records: readonly ErrorRecord[], remedy: string): Source {
  return {
    remedy,
    find: async (prefix) => foundInRecords(records, prefix),
    trace: async ({ root }) => records.flatMap(factsOfRecord).filter((fact) => fact.root === root),
    details: async () => [],
  }
}

/**
 * The records whose ids begin so, and the messages in records, or else the records whose trace begins so; without a prefix the
 * record that was made last. A crash of a function with several messages is each of them.
 */
export function foundInRecords(records: readonly ErrorRecord[], prefix: string | undefined): readonly Found[] {
  if (prefix === undefined) {
    // Of several in one millisecond the one that was recorded last.
    const newest = records.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time)).at(-1)
    return newest === undefined ? [] : foundOfRecord(newest)
  }
  const own = records.filter(({ id }) => id.startsWith(prefix)).flatMap(foundOfRecord)
  const messages = new Map<string, Found>()
  for (const fact of records.flatMap(factsOfRecord)) {
    if (fact.message.startsWith(prefix)) messages.set(`${fact.message} ${fact.processor}`, foundOf(fact))
  }
  if (own.length + messages.size > 0) return [...own, ...messages.values()]
  // The id of a trace: that is what sources answer with.
  return records.flatMap(foundOfRecord).filter(({ root }) => root.startsWith(prefix))
}

function foundOfRecord(record: ErrorRecord): readonly Found[] {
  const facts = factsOfRecord(record)
  const own = record.kind === 'crash' ? facts : facts.slice(-1)
  return own.map((fact) => ({ ...foundOf(fact), record: record.id }))
}

/** Returns a fact as a search result. */
export function foundOf({ message, processor, root = message, parent, from, topic, outcome, time }: Fact): Found {
  const said = { parent, from, topic, outcome, time }
  const defined = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  return { message, processor, root, ...defined }
}
