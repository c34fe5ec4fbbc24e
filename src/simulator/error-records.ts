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
 * Makes a recorder that gives the error record of each failure: the one that the deployed function would have made, but for
 * the place in a stream and the code, which it does not have, and with the messages that led to it.
 */
export function recordErrors(
  run: RecordedRun,
  onError: (record: ErrorRecord) => void,
): Pick<Required<Recorder>, 'commit' | 'fault'> {
  return {
    commit(invocation, _atMs, outcome) {
      // Who invoked it is told of the failure, and has one of its own if it does nothing about that.
      if (outcome === 'failed' && invocation.message.edge?.invoked !== true) {
        onError(recordOf('failed', invocation, invocation.failure?.error, run))
      }
    },
    fault(invocation, _atMs, error) {
      onError(recordOf('late', invocation, error, run))
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
