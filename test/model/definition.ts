import type { InputEvent } from 'attak/testing'
import { makeValue } from './behavior.ts'
import type { Case } from './case.ts'
import { handlerOf, type Probed } from './handler.ts'

/** Makes the topology of a case, as users write one. */
export function definitionOf(subject: Case, probe: (probed: Probed) => void) {
  const { inputs, processors, streams, hopLimit, ...settings } = subject
  const nobody = { processor: '', topic: undefined, from: undefined, key: undefined, attempt: 0, hop: 0 }
  return {
    name: 'case',
    ...settings,
    hopLimit,
    streams,
    processors: Object.fromEntries(
      Object.entries(processors).map(([name, { behavior, ...own }]) => [
        name,
        { ...own, ...(behavior.shape === 'setting' && { callback: true }), handler: handlerOf(behavior, probe) },
      ]),
    ),
    input: inputs.map(
      ({ data, ...input }): InputEvent => ({ ...input, event: makeValue(data, undefined, nobody) }) as InputEvent,
    ),
  }
}
