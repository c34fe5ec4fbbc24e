import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import type { LiveResource } from '../../graph/resource.ts'
import type { Account, Kind } from './kind.ts'
import { listed, TAGS, type Tags } from './tags.ts'

/**
 * Everything of a stage in few calls: a hundred resources a page by their tags, and the roles, which that listing does
 * not know, by their path. It may lag behind by minutes. Source: Resource Groups Tagging API reference, GetResources and
 * "Services that support the Resource Groups Tagging API" (all types but IAM's), read 2026-11-21.
 */
export async function listByTags({ scope, clients }: Account, roles: Kind): Promise<readonly LiveResource[]> {
  const found: LiveResource[] = []
  const TagFilters = [
    { Key: TAGS.topology, Values: [scope.topology] },
    { Key: TAGS.stage, Values: [scope.stage] },
  ]
  const withRoles = roles.list()
  // Nobody awaits it where the other listing throws first.
  withRoles.catch(() => {})
  for (let PaginationToken: string | undefined; ; ) {
    const page = await clients.tagging.send(
      new GetResourcesCommand({ TagFilters, ResourcesPerPage: 100, ...(PaginationToken && { PaginationToken }) }),
    )
    for (const { ResourceARN = '', Tags: pairs = [] } of page.ResourceTagMappingList ?? []) {
      const tags: Tags = Object.fromEntries(pairs.map(({ Key, Value }) => [Key!, Value ?? '']))
      const live = listed(scope, ResourceARN, nameOf(ResourceARN, tags), tags)
      if (live !== undefined && live.kind !== 'role') found.push(live)
    }
    PaginationToken = page.PaginationToken
    if (PaginationToken === undefined || PaginationToken === '') break
  }
  return [...found, ...(await withRoles)]
}

/** Everything of a stage as each service tells it: more calls, less lag, and all there is on emulators. */
export async function listByService(kinds: Readonly<Record<string, Kind>>): Promise<readonly LiveResource[]> {
  return (await Promise.all(Object.values(kinds).map((kind) => kind.list()))).flat()
}

/** The name within an ARN; a mapping has none there but what its tags say. */
function nameOf(arn: string, tags: Tags): string {
  const rest = arn.split(':').slice(5).join(':')
  if (rest.startsWith('event-source-mapping:')) {
    const id = tags[TAGS.resource] ?? ''
    return id.slice(id.indexOf('/') + 1)
  }
  if (rest.startsWith('log-group:')) return rest.slice('log-group:'.length).replace(/:\*$/, '')
  return rest.replace(/^(?:function:|stream\/|table\/)/, '')
}
