import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { NAME_LIMITS, tableArn } from '../../aws/names.ts'
import type { TableConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import type { Write } from '../../deploy/change.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { isAbsent, unlessAbsent } from './failure.ts'
import { type Account, adopting, changes, differing, type Kind, loosens } from './kind.ts'
import { found, listed, staleTags, TAGS, type Tags, tagPair, tagsOf, tagsOfPairs, userTags } from './tags.ts'
import { poll } from './waits.ts'

/** A table takes seconds to come and to go, rarely minutes. */
const READY = { firstMs: 500, maxMs: 5_000, withinMs: 300_000 }

/**
 * DynamoDB tables: made with their tags in one call, and told when items may go in another, which takes a table that is
 * ready. Source: DynamoDB API reference, CreateTable and UpdateTimeToLive, read 2026-11-21.
 */
export function tables({ scope, place }: Account, dynamodb: DynamoDBClient): Kind {
  const describe = async (TableName: string) =>
    (await unlessAbsent(dynamodb.send(new DescribeTableCommand({ TableName }))))?.Table

  const stateOf = async (name: string) => (await describe(name))?.TableStatus

  /** Asked of what is there: of what is not, DynamoDB may say that it must not be looked at. */
  const tagsOn = async (name: string): Promise<Tags | undefined> => {
    const state = await stateOf(name)
    if (state === undefined || state === 'DELETING') return undefined
    const ResourceArn = tableArn(place, name)
    const pairs = pagesOf(async (NextToken) => {
      const page = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn, ...(NextToken && { NextToken }) }))
      return { items: page.Tags, next: page.NextToken }
    })
    const found = await unlessAbsent(pairs)
    return found && tagsOfPairs(found)
  }

  const read = async (resource: Resource) => {
    const tags = await tagsOn(resource.name)
    return tags && found(scope, resource, tableArn(place, resource.name), tags)
  }

  /** Ends when the table can be used; throws AWS_REFUSED where it does not get there. */
  const ready = async (name: string) => {
    const state = await poll(`table ${name} to be ready`, READY, async () => {
      const now = await stateOf(name)
      return now === 'ACTIVE' || now === undefined ? { now } : undefined
    })
    if (state?.now === 'ACTIVE') return
    throw new AttakError('AWS_REFUSED', `table ${name} did not get ready`, 'Deploy again later.')
  }

  const lifeOf = async (TableName: string) => {
    const answer = await unlessAbsent(dynamodb.send(new DescribeTimeToLiveCommand({ TableName })))
    const { TimeToLiveStatus, AttributeName } = answer?.TimeToLiveDescription ?? {}
    return TimeToLiveStatus === 'ENABLED' || TimeToLiveStatus === 'ENABLING' ? AttributeName : undefined
  }

  return {
    read,

    async list() {
      const names = await pagesOf(async (start) => {
        const page = await dynamodb.send(new ListTablesCommand({ ...(start && { ExclusiveStartTableName: start }) }))
        return { items: page.TableNames, next: page.LastEvaluatedTableName }
      })
      const prefix = prefixOf(scope.topology, scope.stage, NAME_LIMITS.table)
      const ours = names.filter((name) => name.startsWith(prefix))
      return gather(ours, async (name) => {
        const tags = await tagsOn(name)
        return tags && listed(scope, tableArn(place, name), name, tags)
      })
    },

    async inspect(resource) {
      const { name, config } = resource
      const { key, expires } = config as TableConfig
      const table = await describe(name)
      if (table === undefined) return []
      const keys = (table.KeySchema ?? []).map(({ AttributeName }) => AttributeName)
      return differing({
        key: [[key], keys],
        expires: [expires, await lifeOf(name)],
        billing: ['PAY_PER_REQUEST', table.BillingModeSummary?.BillingMode ?? 'PROVISIONED'],
        protection: [false, table.DeletionProtectionEnabled ?? false],
        changeStream: [false, table.StreamSpecification?.StreamEnabled ?? false],
        tags: tagPair(scope, resource, (await tagsOn(name)) ?? {}),
      })
    },

    async write(change) {
      const { resource, fingerprint } = change
      const { name, config } = resource
      const { expires } = config as TableConfig
      const ResourceArn = tableArn(place, name)
      const there = await read(resource)
      const made = there === undefined && (await create(resource))
      const live = made ? undefined : (there ?? (await read(resource)))
      if (loosens(change, live)) await dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: [TAGS.config] }))
      await ready(name)
      if ((await lifeOf(name)) !== expires) {
        const TimeToLiveSpecification = { AttributeName: expires, Enabled: true }
        await dynamodb.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }))
      }
      await undo(change)
      if (live !== undefined && changes(adopting(change, live), 'tags')) {
        const TagKeys = staleTags((await tagsOn(name)) ?? {}, userTags(config))
        if (TagKeys.length > 0) await dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: [...TagKeys] }))
      }
      await dynamodb.send(new TagResourceCommand({ ResourceArn, Tags: tagList(tagsOf(scope, resource, fingerprint)) }))
    },

    async remove({ live: { name } }) {
      const gone = await poll(`table ${name} to be gone`, READY, async () => {
        try {
          await dynamodb.send(new DeleteTableCommand({ TableName: name }))
        } catch (error) {
          if (isAbsent(error)) return true
          // It is being made, changed or removed.
          if (!failedWith(error, 'ResourceInUseException')) throw error
        }
        return (await stateOf(name)) === undefined ? true : undefined
      })
      if (!gone) throw new AttakError('AWS_REFUSED', `table ${name} does not go`, 'Remove it again later.')
    },
  }

  /** Takes back what was changed by hand; DynamoDB takes one such change at a time. */
  async function undo({ settings, resource: { name } }: Write) {
    const back: Readonly<Record<string, Omit<UpdateTableCommandInput, 'TableName'>>> = {
      billing: { BillingMode: 'PAY_PER_REQUEST' },
      protection: { DeletionProtectionEnabled: false },
      changeStream: { StreamSpecification: { StreamEnabled: false } },
    }
    for (const setting of settings) {
      const input = back[setting]
      if (input === undefined) continue
      await dynamodb.send(new UpdateTableCommand({ TableName: name, ...input }))
      await ready(name)
    }
  }

  /** Gives false when it was there already, from a try whose answer got lost or from another deploy. */
  async function create(resource: Resource): Promise<boolean> {
    const { key } = resource.config as TableConfig
    const input = {
      TableName: resource.name,
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' as const }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' as const }],
      BillingMode: 'PAY_PER_REQUEST' as const,
      Tags: tagList(tagsOf(scope, resource)),
    }
    const made = await poll(`the name ${resource.name} to be free`, READY, async () => {
      try {
        await dynamodb.send(new CreateTableCommand(input))
        return { anew: true }
      } catch (error) {
        if (!failedWith(error, 'ResourceInUseException')) throw error
        return (await stateOf(resource.name)) === 'DELETING' ? undefined : { anew: false }
      }
    })
    if (made !== undefined) return made.anew
    throw new AttakError('AWS_REFUSED', `table ${resource.name} cannot be made yet`, 'Deploy again in a minute.')
  }
}

function tagList(tags: Tags) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
