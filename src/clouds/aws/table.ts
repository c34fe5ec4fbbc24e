import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  type TableDescription,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { NAME_LIMITS, tableArn } from '../../aws/names.ts'
import type { TableConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, type Kind, kindOf, statusOf, type Writing } from './kind.ts'
import { pairsOfTags, type Seen, type Tags, tagPair, tagsOf, tagsOfPairs } from './tags.ts'
import { poll } from './waits.ts'

/** A table takes seconds to come and to go, rarely minutes. */
const READY = { firstMs: 500, maxMs: 5_000, withinMs: 300_000 }

/**
 * DynamoDB tables. One call makes a table with its tags. Another sets the expiry of items, and requires a table that is
 * ready. Source: DynamoDB API reference, CreateTable and UpdateTimeToLive, read 2026-11-21.
 */
export function tables({ scope, place }: Account, dynamodb: DynamoDBClient): Kind {
  /** DynamoDB may refuse to list the tags of a table that does not exist, so its state is read first. */
  const see = async (name: string): Promise<Seen | undefined> => {
    const state = (await tableOf(dynamodb, name))?.TableStatus
    if (state === undefined || state === 'DELETING') return undefined
    const address = tableArn(place, name)
    const pairs = pagesOf(async (NextToken) => {
      const input = { ResourceArn: address, ...(NextToken && { NextToken }) }
      const page = await dynamodb.send(new ListTagsOfResourceCommand(input))
      return { items: page.Tags, next: page.NextToken }
    })
    const found = await unlessAbsent(pairs)
    return found && { name, address, tags: tagsOfPairs(found) }
  }
  return kindOf(scope, {
    find: ({ name }) => see(name),
    async list() {
      const names = await pagesOf(async (start) => {
        const page = await dynamodb.send(new ListTablesCommand({ ...(start && { ExclusiveStartTableName: start }) }))
        return { items: page.TableNames, next: page.LastEvaluatedTableName }
      })
      const prefix = prefixOf(scope.topology, scope.stage, NAME_LIMITS.table)
      return gather(
        names.filter((name) => name.startsWith(prefix)),
        see,
      )
    },
    async compare(resource) {
      const table = await tableOf(dynamodb, resource.name)
      if (table === undefined) return undefined
      const { key, sort, expires } = resource.config as TableConfig
      return {
        key: [keysOf({ key, sort }), (table.KeySchema ?? []).map(({ AttributeName }) => AttributeName)],
        expires: [expires, await lifeOf(dynamodb, resource.name)],
        billing: ['PAY_PER_REQUEST', table.BillingModeSummary?.BillingMode ?? 'PROVISIONED'],
        protection: [false, table.DeletionProtectionEnabled ?? false],
        changeStream: [false, table.StreamSpecification?.StreamEnabled ?? false],
        tags: tagPair(scope, resource, (await see(resource.name))?.tags ?? {}),
      }
    },
    async status({ name }) {
      const { TableStatus, ItemCount } = (await tableOf(dynamodb, name)) ?? {}
      return TableStatus && statusOf(TableStatus, TableStatus === 'ACTIVE', { items: ItemCount })
    },
    create: ({ resource }) => create(dynamodb, resource, tagsOf(scope, resource)),
    update: (writing) => update(dynamodb, writing),
    tag: ({ resource: { name } }, tags) =>
      dynamodb.send(new TagResourceCommand({ ResourceArn: tableArn(place, name), Tags: pairsOfTags(tags) })),
    untag: ({ address: ResourceArn }, TagKeys) => dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys })),
    async remove({ name }) {
      await dynamodb.send(new DeleteTableCommand({ TableName: name }))
      return (await tableOf(dynamodb, name)) === undefined
    },
    pace: READY,
  })
}

/** The attributes that an item is known by. */
function keysOf({
  key,
  sort,
}: Pick<TableConfig, 'key'> & { readonly sort?: string | undefined }): [string, ...string[]] {
  return sort === undefined ? [key] : [key, sort]
}

async function tableOf(dynamodb: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  return (await unlessAbsent(dynamodb.send(new DescribeTableCommand({ TableName }))))?.Table
}

/** Returns the attribute with the expiry time of items. */
async function lifeOf(dynamodb: DynamoDBClient, TableName: string): Promise<string | undefined> {
  const answer = await unlessAbsent(dynamodb.send(new DescribeTimeToLiveCommand({ TableName })))
  const { TimeToLiveStatus = '', AttributeName } = answer?.TimeToLiveDescription ?? {}
  return /^ENABL/.test(TimeToLiveStatus) ? AttributeName : undefined
}

async function ready(dynamodb: DynamoDBClient, name: string): Promise<void> {
  await poll(`table ${name} to be ready`, READY, async () => {
    return (await tableOf(dynamodb, name))?.TableStatus === 'ACTIVE' || undefined
  })
}

/** Writes what can be changed; DynamoDB takes one such change at a time. */
async function update(dynamodb: DynamoDBClient, { planned, resource }: Writing): Promise<void> {
  const { name: TableName, config } = resource
  const { expires } = config as TableConfig
  await ready(dynamodb, TableName)
  if ((await lifeOf(dynamodb, TableName)) !== expires) {
    const TimeToLiveSpecification = { AttributeName: expires, Enabled: true }
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
  }
  for (const setting of planned) {
    const input = BACK[setting]
    if (input === undefined) continue
    await dynamodb.send(new UpdateTableCommand({ TableName, ...input }))
    await ready(dynamodb, TableName)
  }
}

/** Updates that revert manual changes of settings. */
const BACK: Readonly<Record<string, Omit<UpdateTableCommandInput, 'TableName'>>> = {
  billing: { BillingMode: 'PAY_PER_REQUEST' },
  protection: { DeletionProtectionEnabled: false },
  changeStream: { StreamSpecification: { StreamEnabled: false } },
}

function create(dynamodb: DynamoDBClient, { name, config }: Resource, tags: Tags): Promise<'bare' | 'unsure'> {
  const [key, ...sorts] = keysOf(config as TableConfig)
  const input = {
    TableName: name,
    AttributeDefinitions: [key, ...sorts].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    KeySchema: [
      { AttributeName: key, KeyType: 'HASH' as const },
      ...sorts.map((AttributeName) => ({ AttributeName, KeyType: 'RANGE' as const })),
    ],
    BillingMode: 'PAY_PER_REQUEST' as const,
    Tags: pairsOfTags(tags),
  }
  return poll(`the name ${name} to be free`, READY, async () => {
    try {
      await dynamodb.send(new CreateTableCommand(input))
      return 'bare'
    } catch (error) {
      if (!failedWith(error, 'ResourceInUseException')) throw error
      return (await tableOf(dynamodb, name))?.TableStatus === 'DELETING' ? undefined : 'unsure'
    }
  })
}
