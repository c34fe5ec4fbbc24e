import { type ErrorRecord, errorRecordOf, type FailureParts } from '../runtime/error-record.ts'
import type { Invocation } from '../runtime/invocation.ts'
import { hasEnded } from '../runtime/settle.ts'
import type { Recorder } from './recorder.ts'

/** The run's properties in its error records. */
export interface RecordedRun extends Pick<FailureParts, 'topology' | 'stage'> {
  /** Milliseconds since 1970: when something was recorded. */
  readonly now: () => number
}

/**
 * Makes a recorder that emits the error record of each failure. It is the record that a deployed function would make,
 * without the place in a stream and the code, and with the messages that led to it.
 */
export function recordErrors(
  run: RecordedRun,
  onError: (record: ErrorRecord) => void,
): Pick<Required<Recorder>, 'commit' | 'fault'> {
  return {
    commit(invocation, _atMs, outcome) {
      // The invoker receives the failure. If it does not handle it, it fails and gets an error record itself.
      if (outcome === 'failed' && invocation.message.edge?.invoked !== true) {
        onError(recordOf('failed', invocation, invocation.failure?.error, run))
      }
    },
    fault(invocation, _atMs, error) {
      onError(recordOf('late', invocation, error, run))
    },
  }
}

/** Returns the error record of the handler that ended the run: it ended the process, or blocked the thread. */
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
