import type { Aws } from '../../clouds/aws/open.ts'
import type { CloudResources } from '../../deploy/resources.ts'
import type { NamedStage } from './stage.ts'

/** The cloud of a stage for what writes nothing: it reads, and removes. */
export async function openReader({ scope }: Pick<NamedStage, 'scope'>, aws: Aws): Promise<CloudResources> {
  const { openAwsResources } = await import('../../clouds/aws/open.ts')
  return openAwsResources(aws, { scope, startedAtMs: 0, artifact: nothing, variables: nothing })
}

function nothing(): never {
  throw new Error('nothing is written')
}
