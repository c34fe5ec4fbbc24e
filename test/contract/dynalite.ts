import { once } from 'node:events'
// @ts-expect-error It brings no types.
import dynalite from 'dynalite'
import { callAws, type Emulator, openClientAt, portOf } from './emulator.ts'

/** Starts dynalite, an emulator of DynamoDB, on a free port of this machine alone. */
export async function startDynalite(): Promise<Emulator> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { env, client } = openClientAt(portOf(server))
  return {
    env,
    client,
    async close() {
      client.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Makes a table whose key is `id`, and `sort` if given, as those that attak makes, and waits until it is there. */
export async function createTable({ client }: Emulator, table: string, sort?: string): Promise<void> {
  const keys = sort === undefined ? ['id'] : ['id', sort]
  await callAws(client, 'DynamoDB_20120810.CreateTable', {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
  })
  for (let status: unknown; status !== 'ACTIVE'; ) {
    const { Table } = await callAws(client, 'DynamoDB_20120810.DescribeTable', { TableName: table })
    status = Object(Table).TableStatus
  }
}
