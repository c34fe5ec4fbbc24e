import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDynamodbState } from '../../../src/stores/dynamodb/state.ts'
import { createTable, startDynalite } from '../../contract/dynalite.ts'
import { type Emulator, PLACE } from '../../contract/emulator.ts'
import { stateContract } from '../../contract/state-store.ts'

let emulator: Emulator
let tables = 0
beforeAll(async () => {
  emulator = await startDynalite()
})
afterAll(() => emulator.close())

const after = (ms: number, call: () => void) => void setTimeout(call, ms)
const openAt = (table: string, now: () => number) =>
  createDynamodbState({ client: emulator.client, region: PLACE.region, table, now, after, random: () => 0.5 })

stateContract('in DynamoDB, on dynalite', {
  async make() {
    const table = `state-${tables++}`
    await createTable(emulator, table, 'name')
    let nowMs = 1_795_267_257_123
    return {
      open: () => openAt(table, () => nowMs),
      pass: (ms) => {
        nowMs += ms
      },
      close: () => {},
    }
  },
  mostOperations: 1,
  runs: 10,
  skips: [
    'each condition holds, or refuses the operation',
    'a refused transaction changes nothing, and says which conditions did not hold',
    'a transaction of 100 operations is done at once',
    'whoever repeats a transaction after a lost answer finds the entry that names it',
    'transfers at the same time, on versions, lose nothing',
  ].map((test) => ({ test, reason: 'it makes one change at a time' })),
})

it('a table that is not there is named, and what helps', async () => {
  const store = openAt('nowhere', () => 0)
  await expect(store.get({ group: 'g', name: 'a' }, 5000)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('the table nowhere, where state is kept, refused GetItem'),
    remedy: 'Deploy again: that creates the table and allows its functions to call dynamodb:GetItem.',
  })
})
