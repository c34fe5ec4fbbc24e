import { AttakError, nearest } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'

/** Makes sure that `--processor` names one. Throws TOPOLOGY_UNKNOWN_PROCESSOR. */
export function knownProcessor(name: string, { processors }: Pick<Graph, 'processors'>): void {
  const names = processors.map((processor) => processor.name)
  if (names.includes(name)) return
  const near = nearest(name, names)
  const remedy = near === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${near}"?`
  throw new AttakError('TOPOLOGY_UNKNOWN_PROCESSOR', `--processor: no processor is named "${name}"`, remedy)
}
