import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { keptErrorsOf, removableOf } from '../../runtime/error-reader.ts'
import { parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorReader } from '../../runtime/store.ts'

/** Reads the error records of a DynamoDB table, an item each: see `store.ts`. */
export function tableReader(client: DynamoDBClient, TableName: string): ErrorReader {
  const parse = (text: string | undefined, id: string) => parseRecord(text ?? '', `table ${TableName}, item ${id}`)
  return {
    async list() {
      const items = await pagesOf(async (start) => {
        const ExclusiveStartKey = start === undefined ? undefined : { id: { S: start } }
        const page = await client.send(new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey }))
        return { items: page.Items, next: page.LastEvaluatedKey?.id?.S }
      })
      return keptErrorsOf(items.map(({ id, record }) => parse(record?.S, id?.S ?? '')))
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const removed = await gather([...new Set(records.map(({ id }) => id))], async (id) => {
        const Key = { id: { S: id } }
        const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
        const text = Item?.record?.S
        const found = parse(text, id)
        if (text === undefined || found.kind === 'problem' || !isRemovable(found.record)) return undefined
        try {
          // A record that is written again meanwhile is another text, and stays.
          const ConditionExpression = '#record = :text'
          const names = { ExpressionAttributeNames: { '#record': 'record' } }
          const values = { ExpressionAttributeValues: { ':text': { S: text } } }
          await client.send(new DeleteItemCommand({ TableName, Key, ConditionExpression, ...names, ...values }))
          return id
        } catch (error) {
          if (failedWith(error, 'ConditionalCheckFailedException')) return undefined
          throw error
        }
      })
      return new Set(removed)
    },
  }
}
