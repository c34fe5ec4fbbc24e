import { parseRecord } from '../../../runtime/parse-record.ts'
import { failedWith } from '../failure.ts'
import { type Account, gather } from '../kind.ts'
import { removableOf, type Shelf, shelvedOf } from './shelf.ts'

/** The error records in a DynamoDB table, an item each: see `src/stores/dynamodb/store.ts`. */
export function tableShelf({ clients }: Pick<Account, 'clients'>, TableName: string): Shelf {
  const open = async () => ({ sdk: await import('../dynamodb-sdk.ts'), client: await clients.dynamodb() })
  const parse = (text: string | undefined, id: string) => parseRecord(text ?? '', `table ${TableName}, item ${id}`)
  return {
    async list() {
      const { sdk, client } = await open()
      const texts: [id: string, text: string | undefined][] = []
      let ExclusiveStartKey: Record<string, { S: string }> | undefined
      do {
        const page = await client.send(new sdk.ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey }))
        for (const { id, record } of page.Items ?? []) texts.push([id?.S ?? '', record?.S])
        ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey
      } while (ExclusiveStartKey !== undefined)
      return shelvedOf(texts.map(([id, text]) => parse(text, id)))
    },
    async remove(records) {
      const { sdk, client } = await open()
      const isRemovable = removableOf(records)
      const removed = await gather([...new Set(records.map(({ id }) => id))], async (id) => {
        const Key = { id: { S: id } }
        const { Item } = await client.send(new sdk.GetItemCommand({ TableName, Key, ConsistentRead: true }))
        const text = Item?.record?.S
        const found = parse(text, id)
        if (text === undefined || found.kind === 'problem' || !isRemovable(found.record)) return undefined
        try {
          // What is recorded anew meanwhile is another text, and stays.
          const ConditionExpression = '#record = :text'
          const names = { ExpressionAttributeNames: { '#record': 'record' } }
          const values = { ExpressionAttributeValues: { ':text': { S: text } } }
          await client.send(new sdk.DeleteItemCommand({ TableName, Key, ConditionExpression, ...names, ...values }))
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
