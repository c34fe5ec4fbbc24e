import { type ErrorRecord, errorRecordOf, type FailureParts } from '../runtime/error-record.ts'
import type { Invocation } from '../runtime/invocation.ts'
import type { Recorder } from './recorder.ts'

/** What error records say of the run that they come from. */
export interface RecordedRun extends Pick<FailureParts, 'topology' | 'stage'> {
  /** Milliseconds since 1970: when something was recorded. */
  readonly now: () => number
}

/**
 * A recorder that gives the error record of each failure as well: the one that the deployed function would have made, but for
 * the place in a stream and the code, which it does not have, and with the messages that led to it.
 */
export function recordErrors(
  recorder: Recorder,
  { topology, stage, now }: RecordedRun,
  onError: (record: ErrorRecord) => void,
): Recorder {
  const give = (kind: FailureParts['kind'], { processor, message }: Invocation, error: unknown) =>
    onError(errorRecordOf({ kind, message, error, topology, stage, processor, timeMs: now() }))
  return {
    ...recorder,
    commit(invocation, atMs, outcome, retryAtMs) {
      recorder.commit(invocation, atMs, outcome, retryAtMs)
      // Who invoked it is told of the failure, and has one of its own if it does nothing about that.
      if (outcome === 'failed' && invocation.message.edge?.invoked !== true) {
        give('failed', invocation, invocation.failure?.error)
      }
    },
    fault(invocation, atMs, error) {
      recorder.fault?.(invocation, atMs, error)
      give('late', invocation, error)
    },
  }
}
