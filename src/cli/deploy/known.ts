import type { Resource } from '../../graph/resource.ts'
import type { Aws } from '../../providers/aws/open.ts'
import { wantedResources } from '../../providers/aws/wanted.ts'
import type { MeantStage } from './stage.ts'

/** What a deploy of a stage would have made, code aside: to be looked for by name where a listing may not have it. */
export function known({ project: { graph } }: MeantStage, { place }: Pick<Aws, 'place'>): readonly Resource[] {
  const artifacts = new Map(graph.processors.map(({ name }) => [name, { hash: '', handler: '' }]))
  return wantedResources(graph, { place, env: {} }, artifacts)
}
