import type { Aws } from '../../clouds/aws/open.ts'
import type { Provider } from '../../deploy/provider.ts'
import type { NamedStage } from './stage.ts'

/** The provider of a stage for what writes nothing: it reads, and removes. */
export async function openReader({ scope }: Pick<NamedStage, 'scope'>, aws: Aws): Promise<Provider> {
  const { createAwsProvider } = await import('../../clouds/aws/open.ts')
  return createAwsProvider(aws, { scope, startedAtMs: 0, artifact: nothing, variables: nothing })
}

function nothing(): never {
  throw new Error('nothing is written')
}
