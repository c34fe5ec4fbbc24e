import type { Aws } from '../../clouds/aws/open.ts'
import { wantedResources } from '../../clouds/aws/wanted.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Resource } from '../../graph/resource.ts'

/** What a deploy of a stage would have made, code aside: to be looked for by name where a listing may not have it. */
export function known(graph: Graph, { place }: Pick<Aws, 'place'>): readonly Resource[] {
  const artifacts = new Map(graph.processors.map(({ name }) => [name, { hash: '', handler: '' }]))
  return wantedResources(graph, { place, env: {} }, artifacts)
}
