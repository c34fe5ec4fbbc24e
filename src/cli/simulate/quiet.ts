import type { Invocation } from '../../runtime/invocation.ts'
import type { Recorder } from '../../simulator/recorder.ts'
import { SHOWN_OUTPUTS, type Tally } from './tally.ts'

/**
 * A recorder that only counts what nobody will be told of, and hands the rest on to `entries`: making entries, and the
 * ids in them, is most of what a long and quiet run would otherwise cost.
 */
export function countQuietly(entries: Recorder, tally: Tally, onCounted: () => void): Recorder {
  return {
    ...entries,
    commit(invocation, atMs, outcome, retryAtMs) {
      const outputs = outputsOf(invocation)
      const isTold = outcome === 'failed' || (outputs > 0 && tally.firstOutputs.length < SHOWN_OUTPUTS)
      if (isTold) return entries.commit(invocation, atMs, outcome, retryAtMs)
      const { message, emitted, rare } = invocation
      tally.count(invocation.processor, {
        ...{ atMs, outcome, emitted, outputs, tookMs: rare?.tookMs ?? 0 },
        isInput: message.hop === 1 && message.attempt === 1,
      })
      onCounted()
    },
    line() {},
  }
}

function outputsOf({ emits }: Invocation): number {
  let outputs = 0
  for (const { edge } of emits) if (edge === undefined) outputs++
  return outputs
}
