import { afterAll, beforeAll, expect, it } from 'vitest'
import { tableName } from '../../../src/aws/names.ts'
import { createDynamodbStore } from '../../../src/stores/dynamodb/store.ts'
import { createTable, startDynalite } from '../../contract/dynalite.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { storeContract } from '../../contract/store.ts'

let emulator: Emulator
let stages = 0
beforeAll(async () => {
  emulator = await startDynalite()
})
afterAll(() => emulator.close())

const call = (operation: string, body: object) => callAws(emulator.client, `DynamoDB_20120810.${operation}`, body)

interface Scanned {
  readonly Items: readonly Readonly<Record<string, { readonly S?: string; readonly N?: string }>>[]
  readonly LastEvaluatedKey?: object
}

async function scan(table: string): Promise<Scanned['Items']> {
  const items = []
  for (let start: object | undefined; ; ) {
    const asked = { TableName: table, ...(start && { ExclusiveStartKey: start }) }
    const { Items, LastEvaluatedKey } = (await call('Scan', asked)) as unknown as Scanned
    items.push(...Items)
    if (LastEvaluatedKey === undefined) return items
    start = LastEvaluatedKey
  }
}

async function openTable() {
  const scope = { topology: 'orders', stage: `s${stages++}` }
  const table = tableName(scope, '_errors')
  await createTable(emulator, table)
  const errors = { store: 'dynamodb', retentionHours: 2 } as const
  const parts = { ...scope, client: emulator.client, place: PLACE, now: () => 1_795_267_257_123, errors }
  return { table, parts, store: createDynamodbStore(parts) }
}

storeContract('dynamodb, on dynalite', async () => {
  const { table, parts, store } = await openTable()
  return {
    store,
    lost: createDynamodbStore({ ...parts, stage: 'nowhere' }),
    kept: async () => (await scan(table)).map(({ record }) => record!.S!),
    close: async () => void (await call('DeleteTable', { TableName: table })),
  }
})

it('keeps a record once if it is put twice, until its retention ends', async () => {
  const { table, store } = await openTable()
  for (const text of ['{"a":1}', '{"a":2}']) expect(await store.put([{ id: 'r1', text }], 10_000)).toEqual([])
  expect(await scan(table)).toEqual([{ id: { S: 'r1' }, record: { S: '{"a":2}' }, expires: { N: '1795274458' } }])
})
