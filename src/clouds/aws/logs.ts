import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DisassociateKmsKeyCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { NAME_LIMITS, type Place } from '../../aws/names.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { prefixOf } from '../../graph/names.ts'
import type { JsonObject } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, adopting, changes, differing, type Kind, loosens } from './kind.ts'
import { found, listed, staleTags, TAGS, type Tags, tagPair, tagsOf, userTags } from './tags.ts'

/** What is wanted of a log group. */
export type LogsConfig = { readonly retentionDays: number; readonly tags: JsonObject }

/**
 * The log groups of functions. One without any of our tags is taken over: its name is that of a function of ours, and
 * Lambda makes the group itself where a role lets it.
 */
export function logGroups({ scope, place, clients: { logs } }: Account): Kind {
  const groupsUnder = (prefix: string): Promise<readonly LogGroup[]> =>
    pagesOf(async (nextToken) => {
      const page = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: prefix, nextToken }))
      return { items: page.logGroups, next: page.nextToken }
    })

  const groupOf = async (name: string) => (await groupsUnder(name)).find(({ logGroupName }) => logGroupName === name)

  const tagsOn = async (resourceArn: string): Promise<Tags | undefined> => {
    const answer = await unlessAbsent(logs.send(new ListTagsForResourceCommand({ resourceArn })))
    return answer && (answer.tags ?? {})
  }

  const untag = (resourceArn: string, tagKeys: readonly string[]) =>
    logs.send(new UntagResourceCommand({ resourceArn, tagKeys: [...tagKeys] }))

  const kind: Kind = {
    async read(resource) {
      const group = await groupOf(resource.name)
      const address = groupArn(place, resource.name)
      const tags = group && (await tagsOn(address))
      if (tags === undefined) return undefined
      const free = TAGS.topology in tags ? tags : { ...tags, ...tagsOf(scope, resource) }
      return found(scope, resource, address, free)
    },

    async list() {
      const groups = await groupsUnder(`/aws/lambda/${prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)}`)
      return gather(groups, async ({ logGroupName: name = '' }) => {
        const tags = await tagsOn(groupArn(place, name))
        return tags && listed(scope, groupArn(place, name), name, tags)
      })
    },

    async inspect(resource) {
      const { name, config } = resource
      const group = await groupOf(name)
      if (group === undefined) return []
      return differing({
        retentionDays: [(config as LogsConfig).retentionDays, group.retentionInDays],
        key: [undefined, group.kmsKeyId],
        tags: tagPair(scope, resource, (await tagsOn(groupArn(place, name))) ?? {}),
      })
    },

    async write(change) {
      const { resource, fingerprint } = change
      const { name, config } = resource
      const { retentionDays, tags } = config as LogsConfig
      let live = await kind.read(resource)
      if (live === undefined) {
        try {
          await logs.send(new CreateLogGroupCommand({ logGroupName: name, tags: tagsOf(scope, resource) }))
        } catch (error) {
          if (!failedWith(error, 'ResourceAlreadyExistsException', 'OperationAbortedException')) throw error
          live = await kind.read(resource)
        }
      }
      const resourceArn = groupArn(place, name)
      if (loosens(change, live)) await untag(resourceArn, [TAGS.config])
      await logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays: retentionDays }))
      if (change.settings.includes('key')) await logs.send(new DisassociateKmsKeyCommand({ logGroupName: name }))
      if (live !== undefined && changes(adopting(change, live), 'tags')) {
        const stale = staleTags((await tagsOn(resourceArn)) ?? {}, userTags({ tags }))
        if (stale.length > 0) await untag(resourceArn, stale)
      }
      await logs.send(new TagResourceCommand({ resourceArn, tags: tagsOf(scope, resource, fingerprint) }))
    },

    async remove({ live: { name } }) {
      await unlessAbsent(logs.send(new DeleteLogGroupCommand({ logGroupName: name })))
    },
  }
  return kind
}

/** The form without `:*` is the one that tags are kept by. Source: CloudWatch Logs API reference, TagResource, read 2026-11-21. */
function groupArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:logs:${region}:${account}:log-group:${name}`
}
