import { cleanThrown } from '../project/stack.ts'
import { type ErrorRecord, errorRecordOf, type FailureParts } from '../runtime/error-record.ts'
import type { Invocation } from '../runtime/invocation.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { type Recorder, recordEntries } from '../simulator/recorder.ts'
import type { EmitEntry, EndEntry, LogEntry, StartEntry, TranscriptEntry } from '../simulator/transcript.ts'

/** An emit of a handler that has settled. `to` lists the receivers; it is empty for an output. */
export type Emit = Omit<EmitEntry, 'kind'>

/** A line that a handler wrote. */
export type Line = Omit<LogEntry, 'kind'>

/** One attempt of a processor to handle a message, with its emits and log lines. */
export interface Attempt extends Omit<StartEntry, 'kind' | 'event'>, Pick<EndEntry, 'outcome' | 'retryAt' | 'result'> {
  /** The event as it was emitted or sent. With an `input` schema the handler receives the output of the schema. */
  readonly event: unknown
  /** The value that the handler threw, rejected with or passed to its callback; absent if the outcome is `ok`. */
  readonly error?: unknown
  readonly emits: readonly Emit[]
  readonly logs: readonly Line[]
}

/** A message that failed for good, or an emit after its handler had settled. */
export interface Failure {
  /** Virtual milliseconds. */
  readonly at: number
  readonly processor: string
  /** The id of the message. */
  readonly message: string
  readonly event: unknown
  readonly attempt: number
  /** The thrown value. */
  readonly error: unknown
  /** The error record that `attak simulate` would keep; its time is virtual. */
  readonly record: ErrorRecord
}

/** Keeps what a run commits. */
export interface Record {
  readonly recorder: Recorder
  readonly attempts: readonly Attempt[]
  readonly failures: readonly Failure[]
  readonly entries: readonly TranscriptEntry[]
  /** Forgets everything. */
  clear(): void
}

/** The run that a record is about. */
export interface Place extends Pick<FailureParts, 'topology' | 'stage'> {
  /** The folder that paths in stacks are relative to. */
  readonly dir: string
}

/** Returns an empty record. */
export function createRecord({ dir, ...place }: Place): Record {
  let attempts: OpenAttempt[] = []
  let failures: Failure[] = []
  let entries: TranscriptEntry[] = []
  const toEntries = recordEntries(
    (entry) => entries.push(entry),
    (error) => cleanThrown(describeThrown(error), dir),
  )
  const fail = (kind: FailureParts['kind'], invocation: Invocation, at: number, error: unknown) => {
    const { processor, message, attempt } = invocation
    const whole = errorRecordOf({ ...place, kind, message, error, processor, timeMs: at })
    const record = { ...whole, error: cleanThrown(whole.error, dir) }
    failures.push({ at, processor, message: invocation.id, event: message.data, attempt, error, record })
  }
  return {
    recorder: {
      ...toEntries,
      commit(invocation, at, outcome, retryAt) {
        const first = entries.length
        toEntries.commit(invocation, at, outcome, retryAt)
        attempts.push(attemptOf(entries.slice(first), invocation))
        if (outcome === 'failed' && invocation.message.edge?.invoked !== true)
          fail('failed', invocation, at, invocation.failure?.error)
      },
      fault: (invocation, at, error) => fail('late', invocation, at, error),
      line(invocation, at, level, text) {
        toEntries.line(invocation, at, level, text)
        const { processor, id: message } = invocation
        attempts.findLast((one) => isOf(one, invocation))?.logs.push({ at, processor, message, level, text })
      },
    },
    get attempts() {
      return attempts
    },
    get failures() {
      return failures
    },
    get entries() {
      return entries
    },
    clear() {
      attempts = []
      failures = []
      entries = []
    },
  }
}

interface OpenAttempt extends Attempt {
  readonly logs: Line[]
}

function isOf({ message, processor }: Attempt, invocation: Invocation): boolean {
  return message === invocation.id && processor === invocation.processor
}

/** Reads an attempt from what was recorded of it: a start, emits and lines, and an end. */
function attemptOf(entries: readonly TranscriptEntry[], { message, failure }: Invocation): OpenAttempt {
  const { outcome, retryAt, result } = entries.at(-1) as EndEntry
  return {
    ...withoutKind(entries[0] as StartEntry),
    event: message.data,
    outcome,
    ...(retryAt !== undefined && { retryAt }),
    ...(result !== undefined && { result }),
    ...(failure && { error: failure.error }),
    emits: entries.flatMap((entry) => (entry.kind === 'emit' ? [withoutKind(entry)] : [])),
    logs: entries.flatMap((entry) => (entry.kind === 'log' ? [withoutKind(entry)] : [])),
  }
}

function withoutKind<E extends TranscriptEntry>({ kind, ...entry }: E): Omit<E, 'kind'> {
  return entry
}
