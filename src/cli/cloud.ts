import type { Cloud } from '../deploy/cloud.ts'

/** Loads the cloud that commands work with. Nothing else chooses one. */
export async function loadCloud(): Promise<Cloud> {
  return (await import('../clouds/aws/cloud.ts')).aws
}
