import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttakError } from '../../../src/errors.ts'
import { createDynamodbHandled } from '../../../src/stores/dynamodb/handled.ts'
import { createTable, startDynalite } from '../../contract/dynalite.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { handledContract, TTL_MS } from '../../contract/handled.ts'

const START_MS = 1_795_267_257_123

let emulator: Emulator
let tables = 0
beforeAll(async () => {
  emulator = await startDynalite()
})
afterAll(() => emulator.close())

const call = (operation: string, body: object) => callAws(emulator.client, `DynamoDB_20120810.${operation}`, body)

async function openTable() {
  const table = `handled-${tables++}`
  await createTable(emulator, table)
  let nowMs = START_MS
  const { client } = emulator
  return {
    table,
    open: (others: { readonly table?: string } = {}) =>
      createDynamodbHandled({ client, region: PLACE.region, table, now: () => nowMs, ttlMs: TTL_MS, ...others }),
    pass: (ms: number) => {
      nowMs += ms
    },
    close: async () => void (await call('DeleteTable', { TableName: table })),
  }
}

handledContract('in DynamoDB, on dynalite', openTable)

describe('in the table', () => {
  const times = { leaseMs: 30_000, withinMs: 10_000 }

  it('an item has the end of its lease, and the time when DynamoDB removes it', async () => {
    const { table, open, pass } = await openTable()
    const store = open()
    const begun = await store.begin(store.lease('p/1', 'd'), times)
    const item = async () => (await call('GetItem', { TableName: table, Key: { id: { S: 'p/1' } } })).Item
    expect(await item()).toEqual({
      id: { S: 'p/1' },
      digest: { S: 'd' },
      token: { S: expect.stringMatching(/^[\w-]{36}\/1$/) },
      until: { N: '1795267287123' },
      expires: { N: '1795267288' },
    })
    pass(1000)
    if ('lease' in begun) await store.done(begun.lease, 10_000)
    expect(await item()).toEqual({
      id: { S: 'p/1' },
      digest: { S: 'd' },
      until: { N: '1795270858123' },
      expires: { N: '1795270859' },
    })
  })

  it('a missing table is reported with a remedy', async () => {
    const { open } = await openTable()
    const store = open({ table: 'nowhere' })
    const lease = store.lease('p/1', 'd')
    for (const doing of [store.begin(lease, times), store.done(lease, 1000), store.release(lease, 1000)]) {
      const error: AttakError = await doing.then(
        () => expect.unreachable(),
        (thrown) => thrown,
      )
      expect(error.code).toBe('STORE_FAILED')
      expect(error.message).toMatch(/the table nowhere, .* refused \w+Item: ResourceNotFoundException/)
      expect(error.remedy).toMatch(/^Deploy again: .*dynamodb:\w+Item/)
    }
  })
})
