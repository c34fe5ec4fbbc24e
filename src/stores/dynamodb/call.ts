import type { AwsClient, AwsResult } from '../../aws/client.ts'

/** Calls operations on one table. */
export type TableCall = (operation: string, fields: object, withinMs: number) => Promise<AwsResult>

/** A table, and the client for its calls. */
export interface TablePlace {
  readonly client: AwsClient
  readonly region: string
  /** Its name. */
  readonly table: string
}

/** Returns a function that calls operations on a table: `call('PutItem', { Item }, 1000)`. */
export function tableCall({ client, region, table }: TablePlace): TableCall {
  return (operation, fields, withinMs) =>
    client.call({
      ...{ service: 'dynamodb', region, withinMs },
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: JSON.stringify({ TableName: table, ...fields }),
    })
}
