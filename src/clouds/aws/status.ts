import { gather } from '../../aws/sdk.ts'
import type { ResourceStatus } from '../../deploy/cloud.ts'
import { AttakError } from '../../errors.ts'
import type { Resource } from '../../graph/resource.ts'
import type { Asked, Status } from './kind.ts'
import type { AwsResources } from './open.ts'

/**
 * Returns the status of every resource of a stage, several at a time: the wanted ones in their order, then leftovers. A
 * resource with a wanted name that does not belong to this stage is `not ours`.
 */
export async function readStatus(
  wanted: readonly Resource[],
  cloud: Pick<AwsResources, 'list' | 'read' | 'status'>,
): Promise<readonly ResourceStatus[]> {
  const [live, statuses] = await Promise.all([
    cloud.list('quick'),
    gather(wanted, async (resource) => (await cloud.status(resource)) ?? ABSENT),
  ])
  const listed = new Set(live.map(keyOf))
  const read = await gather(wanted, async (resource, index) => {
    const isKnown = listed.has(keyOf(resource)) || statuses[index] === ABSENT
    return told(resource, isKnown || (await isOurs(cloud, resource)) ? statuses[index]! : NOT_OURS)
  })
  const known = new Set(wanted.map(keyOf))
  return [...read, ...live.filter((one) => !known.has(keyOf(one))).map((one) => told(one, LEFT_OVER))]
}

/** Asks everything that is live of a stage how it is, without knowing what its topology wants. */
export async function readLiveStatus(cloud: Pick<AwsResources, 'list' | 'status'>): Promise<readonly ResourceStatus[]> {
  return gather(await cloud.list('thorough'), async (one) =>
    told(one, (await cloud.status({ ...one, config: {} })) ?? ABSENT),
  )
}

function told({ id, kind, name, processor }: Omit<Asked, 'config'>, status: Status): ResourceStatus {
  return { id, kind, name, ...(processor !== undefined && { processor }), wanted: status !== LEFT_OVER, ...status }
}

/** Asks of a thing itself: a listing may lag behind. */
async function isOurs(cloud: Pick<AwsResources, 'read'>, resource: Resource): Promise<boolean> {
  try {
    await cloud.read(resource)
    return true
  } catch (error) {
    if (error instanceof AttakError && error.code === 'RESOURCE_NOT_OURS') return false
    throw error
  }
}

function keyOf({ kind, name }: Pick<Resource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

const ABSENT: Status = { state: 'absent', fine: false, details: {} }
const NOT_OURS: Status = { state: 'not ours', fine: false, details: {} }
const LEFT_OVER: Status = { state: 'left over', fine: true, details: {} }
