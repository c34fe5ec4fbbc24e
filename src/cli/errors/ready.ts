import { AttakError, type ErrorCode, nearest, type Problem } from '../../errors.ts'
import type { Project } from '../../project/project.ts'
import { contentDigest } from '../../runtime/content.ts'
import { type ErrorRecord, recordIdOf } from '../../runtime/error-record.ts'
import { type CloudEvent, messageOfEvent } from '../../runtime/event.ts'
import { type Position, positionText } from '../../runtime/position.ts'
import { eventRefusal } from '../../runtime/schema.ts'
import type { Hint } from '../hint.ts'

/** An error whose messages can be run again: the record, and the messages in the order they had. */
export interface Unit {
  readonly record: ErrorRecord
  readonly events: readonly CloudEvent[]
}

/** The arguments for preparing a replay. */
export interface ReadyOptions {
  /** The processors of the topology. */
  readonly names: readonly string[]
  /** Those that are loaded, by name. */
  readonly processors: Project['processors']
  /**
   * Reads messages that a record does not hold, from the position that does; returns undefined where the processor does not
   * receive from there. Absent where nothing is live.
   */
  readonly readAgain?: (position: Position, processor: string) => Promise<readonly CloudEvent[] | undefined>
  /** The largest message that can be sent, in bytes of its JSON. */
  readonly mostBytes?: number
  /** Writes the commands that remedies name. */
  readonly hint: Hint
}

/** The messages to replay, and the problems. */
export interface Ready {
  /** The oldest first; a message that several records hold, with the same content, is in the first of them alone. */
  readonly units: readonly Unit[]
  /** The reasons why some of them cannot run. */
  readonly problems: readonly Problem[]
}

/** Finds the messages of errors, and all reasons why some cannot run again, before anything is sent. */
export async function makeReady(records: readonly ErrorRecord[], options: ReadyOptions): Promise<Ready> {
  const all = await Promise.all(records.map((record) => readyOf(record, options)))
  const sent = new Set<string>()
  const units = all.flatMap(({ unit }) => {
    if (unit === undefined) return []
    const nameOf = (event: CloudEvent) => `${unit.record.processor} ${event.id} ${digestOf(event)}`
    const events = unit.events.filter((event) => !sent.has(nameOf(event)))
    for (const event of events) sent.add(nameOf(event))
    return [{ ...unit, events }]
  })
  return { units, problems: all.flatMap(({ problems }) => problems) }
}

/** Messages with one id can differ: a retry may emit other data. */
function digestOf({ type, partitionkey, data }: CloudEvent): string {
  return contentDigest({ topic: type, key: partitionkey, data })
}

async function readyOf(
  record: ErrorRecord,
  options: ReadyOptions,
): Promise<{ readonly unit?: Unit; readonly problems: readonly Problem[] }> {
  const { processor } = record
  const { hint, names, processors } = options
  if (!names.includes(processor)) return { problems: [unknownProcessor(record, names, hint)] }
  if (record.error.code === 'RECORD_REFUSED') return { problems: [unreadable(record, hint)] }
  const events = await eventsOf(record, options)
  if (events === undefined) return { problems: [elsewhere(record, hint)] }
  if (events.length === 0) return { problems: [gone(record, hint)] }
  const input = processors.get(processor)?.input
  const problems: Problem[] = []
  for (const event of events) {
    const bytes = Buffer.byteLength(JSON.stringify(event))
    if (bytes > (options.mostBytes ?? Number.POSITIVE_INFINITY)) problems.push(tooLarge(record, event, bytes))
    try {
      const issues = (await input?.['~standard'].validate(event.data))?.issues
      if (issues !== undefined) problems.push(refused(record, event, eventRefusal(processor, issues), hint))
    } catch (error) {
      problems.push(refused(record, event, error, hint))
    }
  }
  return problems.length > 0 ? { problems } : { unit: { record, events }, problems }
}

/**
 * Returns the messages of a record; missing events are read from the stream again. Undefined if it names a stream that
 * its processor does not receive from.
 */
async function eventsOf(record: ErrorRecord, { readAgain }: ReadyOptions): Promise<readonly CloudEvent[] | undefined> {
  const { message, suspects, withoutData, position, processor } = record
  if (message === undefined && suspects !== undefined && withoutData === undefined) return suspects
  if (message !== undefined && withoutData === undefined) return [message]
  // For a crash, the events in the stream were read when it was listed.
  if (record.kind === 'crash') return suspects ?? []
  if (position === undefined || readAgain === undefined) return []
  const there = await readAgain(position, processor)
  return there?.filter((event) => {
    const read = messageOfEvent(event, processor)
    return read !== undefined && recordIdOf(read, processor, record.kind) === record.id
  })
}

/** A message as it is sent again: its first attempt, which waits for nothing and is not forced. */
export function asFirstAttempt({ attakdue, attakasked, attakchannel, attakforce, ...event }: CloudEvent): CloudEvent {
  return { ...event, attakattempt: 1 }
}

/** What a replay adds to each message. */
export interface ReplayMark {
  /** RFC 3339. */
  readonly time: string
  /** It is handled even where it was handled before. */
  readonly forced: boolean
}

/** Sends a message of an error to its processor again; it is accepted when this throws nothing. */
export type Send = (record: ErrorRecord, event: CloudEvent) => Promise<void>

/** A message as a replay sends it: with its id and its lineage, as a first attempt. */
export function replayed(
  event: CloudEvent,
  { time, forced }: ReplayMark,
): CloudEvent & { readonly attakreplay: string } {
  return { ...asFirstAttempt(event), attakreplay: time, ...(forced && { attakforce: true }) }
}

/** `error 3fa1b2c4d5e6 of "bill"`: where a problem with replaying an error is. */
export function whereOf({ id, processor }: ErrorRecord): string {
  return `error ${id.slice(0, 12)} of "${processor}"`
}

function problemOf(record: ErrorRecord, code: ErrorCode, what: string, remedy: string): Problem {
  return { code, severity: 'error', where: whereOf(record), what, remedy }
}

function unknownProcessor(record: ErrorRecord, names: readonly string[], hint: Hint): Problem {
  const near = nearest(record.processor, names)
  const now = near === undefined ? '' : ` It may be called "${near}" now: give it its old name while you replay.`
  const what = `the topology has no processor "${record.processor}" any more`
  const remedy = `Add it again and deploy, or remove the error: ${purging(record, hint)}.${now}`
  return problemOf(record, 'TOPOLOGY_UNKNOWN_PROCESSOR', what, remedy)
}

function unreadable(record: ErrorRecord, hint: Hint): Problem {
  const what = 'the record that arrived could not be read, and only its beginning was kept'
  const remedy = `Send it again in the format of docs/reference/messages.md, and purge this record: ${purging(record, hint)}.`
  return problemOf(record, 'RECORD_REFUSED', what, remedy)
}

function gone(record: ErrorRecord, hint: Hint): Problem {
  const what =
    record.kind === 'crash'
      ? 'its messages are gone: the stream no longer keeps them'
      : 'its event was too large to be recorded, and the stream no longer keeps it'
  const remedy = `Trigger its input again (${showing(record, hint)} shows the trace), and purge it.`
  return problemOf(record, 'EVENT_GONE', what, remedy)
}

function elsewhere(record: ErrorRecord, hint: Hint): Problem {
  const what = `its event is not in the record, and "${record.processor}" does not receive from the stream at ${record.position && positionText(record.position)}`
  const remedy = `Trigger its input again (${showing(record, hint)} shows the trace), and remove it: ${purging(record, hint)}.`
  return problemOf(record, 'EVENT_GONE', what, remedy)
}

function tooLarge(record: ErrorRecord, { id }: CloudEvent, bytes: number): Problem {
  const what = `message ${id} is ${bytes} bytes as it travels, more than a function accepts`
  return problemOf(record, 'EMIT_TOO_LARGE', what, 'Replay it with --local, and trigger its input again.')
}

function refused(record: ErrorRecord, { id }: CloudEvent, error: unknown, hint: Hint): Problem {
  const thrown = error instanceof Error ? error.message : error
  const what = error instanceof AttakError ? error.message : `the input schema threw: ${thrown}`
  const remedy = `Make the schema accept it, or remove the error: ${purging(record, hint)}.`
  return {
    ...problemOf(record, 'EVENT_REFUSED', what, remedy),
    where: `${whereOf(record)}, message ${id.slice(0, 12)}`,
  }
}

function purging({ id }: ErrorRecord, hint: Hint): string {
  return hint(`errors purge ${id.slice(0, 12)}`)
}

function showing({ id }: ErrorRecord, hint: Hint): string {
  return hint(`errors show ${id.slice(0, 12)}`)
}
