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
import { type Account, type Kind, kindOf, statusOf } from './kind.ts'
import { type Seen, TAGS, tagPair, tagsOf } from './tags.ts'

/** The wanted configuration of a log group. */
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
  const see = async (name: string): Promise<Seen | undefined> => {
    const address = groupArn(place, name)
    const answer = await unlessAbsent(logs.send(new ListTagsForResourceCommand({ resourceArn: address })))
    return answer && { name, address, tags: answer.tags ?? {} }
  }
  return kindOf(scope, {
    async find(resource) {
      const seen = (await groupOf(resource.name)) && (await see(resource.name))
      if (seen === undefined || TAGS.topology in seen.tags) return seen
      return { ...seen, tags: { ...seen.tags, ...tagsOf(scope, resource) } }
    },
    async list() {
      const groups = await groupsUnder(`/aws/lambda/${prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)}`)
      return gather(groups, ({ logGroupName = '' }) => see(logGroupName))
    },
    async compare(resource) {
      const group = await groupOf(resource.name)
      return (
        group && {
          retentionDays: [(resource.config as LogsConfig).retentionDays, group.retentionInDays],
          key: [undefined, group.kmsKeyId],
          tags: tagPair(scope, resource, (await see(resource.name))?.tags ?? {}),
        }
      )
    },
    async status({ name }) {
      const group = await groupOf(name)
      const details = { storedBytes: group?.storedBytes, retentionDays: group?.retentionInDays }
      return group && statusOf('there', true, details)
    },
    async create({ resource }) {
      try {
        await logs.send(new CreateLogGroupCommand({ logGroupName: resource.name, tags: tagsOf(scope, resource) }))
        return 'bare'
      } catch (error) {
        if (!failedWith(error, 'ResourceAlreadyExistsException', 'OperationAbortedException')) throw error
        return 'unsure'
      }
    },
    async update({ resource: { name, config }, planned }) {
      const { retentionDays } = config as LogsConfig
      await logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays: retentionDays }))
      if (planned.includes('key')) await logs.send(new DisassociateKmsKeyCommand({ logGroupName: name }))
    },
    tag: ({ resource: { name } }, tags) =>
      logs.send(new TagResourceCommand({ resourceArn: groupArn(place, name), tags })),
    untag: ({ name }, tagKeys) => logs.send(new UntagResourceCommand({ resourceArn: groupArn(place, name), tagKeys })),
    async remove({ name }) {
      await logs.send(new DeleteLogGroupCommand({ logGroupName: name }))
      return true
    },
  })
}

/** Tags belong to the form without `:*`. Source: CloudWatch Logs API reference, TagResource, read 2026-11-21. */
function groupArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:logs:${region}:${account}:log-group:${name}`
}
