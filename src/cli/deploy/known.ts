import type { Graph } from '../../graph/graph.ts'
import type { Resource } from '../../graph/resource.ts'
import type { Aws } from '../../providers/aws/open.ts'
import { wantedResources } from '../../providers/aws/wanted.ts'

/** What a deploy of a stage would have made, code aside: to be looked for by name where a listing may not have it. */
export function known(graph: Graph, { place }: Pick<Aws, 'place'>): readonly Resource[] {
  const artifacts = new Map(graph.processors.map(({ name }) => [name, { hash: '', handler: '' }]))
  return wantedResources(graph, { place, env: {} }, artifacts)
}
