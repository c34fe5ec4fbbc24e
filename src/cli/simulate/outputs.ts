import type { Recorder } from '../../simulator/recorder.ts'
import type { Blocks } from './blocks.ts'

/** Makes a recorder that prints each output of a run as a line of JSON: `{"processor":"reverse","topic":"t","data":"olleh"}`. */
export function recordOutputs(out: Blocks): Pick<Recorder, 'commit'> {
  return {
    commit({ processor, emits }) {
      for (const { edge, topic, key, data } of emits) {
        if (edge === undefined) out.add(`${JSON.stringify({ processor, topic, key, data })}\n`)
      }
    },
  }
}
