import { buildGraph } from '../../src/project/parse.ts'
import type { SimulationOptions, SimulationResult } from '../../src/simulator/options.ts'
import { recordEntries } from '../../src/simulator/recorder.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import type { TranscriptEntry } from '../../src/simulator/transcript.ts'
import type { InputEvent } from '../../src/topology/topology.ts'
import { inlineProcessors, parsedOf } from '../contract/graph.ts'

/** What a run gave, and everything it committed. */
export interface RunResult extends SimulationResult {
  readonly entries: readonly TranscriptEntry[]
  /** The entries of one kind. */
  of<K extends TranscriptEntry['kind']>(kind: K): Extract<TranscriptEntry, { kind: K }>[]
}

/** Runs a topology of inline processors with a list of inputs, or one event for each named processor. */
export async function runTopology(
  definition: Record<string, unknown>,
  input: readonly InputEvent[] | Record<string, unknown>,
  options: Partial<SimulationOptions> = {},
): Promise<RunResult> {
  const topology = parsedOf({ name: 'test', ...definition })
  const processors = inlineProcessors(topology)
  const list = Array.isArray(input) ? input : Object.entries(input).map(([to, event]) => ({ to, event }))
  const entries: TranscriptEntry[] = []
  const result = await simulate({
    graph: buildGraph(topology, { stage: 'dev' }),
    processors,
    input: [list as InputEvent[]],
    now: () => performance.now(),
    recorder: recordEntries((entry) => entries.push(entry)),
    ...options,
  })
  return {
    ...result,
    entries,
    of: (kind) => entries.filter((entry) => entry.kind === kind) as never,
  }
}
