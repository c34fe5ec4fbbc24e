import { GetResourcesCommand, type TagFilter } from '@aws-sdk/client-resource-groups-tagging-api'
import { pagesOf } from '../../aws/sdk.ts'
import type { LiveResource } from '../../graph/resource.ts'
import type { Account, Kind } from './kind.ts'
import { listed, TAGS, tagsOfPairs } from './tags.ts'

/**
 * Everything of a stage in few calls: a hundred resources a page by their tags, and the roles, which that listing does
 * not know, by their path. It may lag behind by minutes. Source: Resource Groups Tagging API reference, GetResources and
 * "Services that support the Resource Groups Tagging API" (all types but IAM's), read 2026-11-21.
 */
export async function listByTags({ scope, clients }: Account, roles: Kind): Promise<readonly LiveResource[]> {
  const filters = [
    { Key: TAGS.topology, Values: [scope.topology] },
    { Key: TAGS.stage, Values: [scope.stage] },
  ]
  const withRoles = roles.list()
  // It is not awaited if the other listing throws first.
  withRoles.catch(() => {})
  const found = (await taggedResources(clients, filters)).flatMap(({ arn, tags }) => {
    const live = listed(scope, { name: nameOf(arn), address: arn, tags })
    return live === undefined || live.kind === 'role' ? [] : [live]
  })
  return [...found, ...(await withRoles)]
}

/** Returns all resources that have these tags. */
export async function taggedResources({ tagging }: Pick<Account['clients'], 'tagging'>, TagFilters: TagFilter[]) {
  const found = await pagesOf(async (token) => {
    const PaginationToken = token && { PaginationToken: token }
    const page = await tagging.send(new GetResourcesCommand({ TagFilters, ResourcesPerPage: 100, ...PaginationToken }))
    return { items: page.ResourceTagMappingList, next: page.PaginationToken }
  })
  return found.map(({ ResourceARN: arn = '', Tags: pairs }) => ({ arn, tags: tagsOfPairs(pairs) }))
}

/** Lists a stage by asking each service: more calls and less lag than tags, and complete on emulators. */
export async function listByService(kinds: Readonly<Record<string, Kind>>): Promise<readonly LiveResource[]> {
  return (await Promise.all(Object.values(kinds).map((kind) => kind.list()))).flat()
}

/** The name within an ARN; a mapping has none there. */
function nameOf(arn: string): string {
  const rest = arn.split(':').slice(5).join(':')
  if (rest.startsWith('event-source-mapping:')) return ''
  if (rest.startsWith('log-group:')) return rest.slice('log-group:'.length).replace(/:\*$/, '')
  return rest.replace(/^(?:function:|stream\/|table\/)/, '')
}
