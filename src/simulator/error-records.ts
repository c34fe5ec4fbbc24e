import { type ErrorRecord, errorRecordOf, type FailureParts } from '../runtime/error-record.ts'
import type { Invocation } from '../runtime/invocation.ts'
import { hasEnded } from '../runtime/settle.ts'
import type { Recorder } from './recorder.ts'

/** What error records say of the run that they come from. */
export interface RecordedRun extends Pick<FailureParts, 'topology' | 'stage'> {
  /** Milliseconds since 1970: when something was recorded. */
  readonly now: () => number
}

/**
 * A recorder that gives the error record of each failure as well: the one that the deployed function would have made, but for
 * the place in a stream and the code, which it does not have, and with the messages that led to it. The record
 * is given before the failure is told to `recorder`.
 */
export function recordErrors(recorder: Recorder, run: RecordedRun, onError: (record: ErrorRecord) => void): Recorder {
  return {
    ...recorder,
    commit(invocation, atMs, outcome, retryAtMs) {
      // Who invoked it is told of the failure, and has one of its own if it does nothing about that.
      if (outcome === 'failed' && invocation.message.edge?.invoked !== true) {
        onError(recordOf('failed', invocation, invocation.failure?.error, run))
      }
      recorder.commit(invocation, atMs, outcome, retryAtMs)
    },
    fault(invocation, atMs, error) {
      onError(recordOf('late', invocation, error, run))
      recorder.fault?.(invocation, atMs, error)
    },
  }
}

/** The error record of whom the run ended with: a handler that ended the process, or never gave the thread back. */
export function recordOfLast(invocation: Invocation, error: unknown, run: RecordedRun): ErrorRecord {
  return recordOf(hasEnded(invocation) ? 'late' : 'failed', invocation, error, run)
}

function recordOf(
  kind: FailureParts['kind'],
  { processor, message }: Invocation,
  error: unknown,
  { topology, stage, now }: RecordedRun,
): ErrorRecord {
  return errorRecordOf({ kind, message, error, topology, stage, processor, timeMs: now() })
}
