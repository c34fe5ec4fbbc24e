import { tableName } from '../../aws/names.ts'
import { putEach } from '../../aws/put-each.ts'
import type { StoreParts } from '../../aws/store-parts.ts'
import { ERRORS_PART } from '../../graph/names.ts'
import type { ErrorWriter, StoreLimits } from '../../runtime/store.ts'
import { tableCall } from './call.ts'

/**
 * An item may have 400 KB with its names. The limit here is lower, to leave room for them and the other attributes.
 * Several items are put in parallel. Source: DynamoDB developer guide, "Quotas: items and attributes", read 2026-11-21.
 */
export const DYNAMODB_LIMITS: StoreLimits = { recordBytes: 400_000, batchRecords: 25, batchBytes: 10_000_000 }

const HOUR_SECONDS = 3600

/**
 * Keeps error records in the topology's own table: an item each, `id` the key, `record` the text, and `expires` when
 * DynamoDB is to remove it, in seconds since 1970. A record that is put twice is one item.
 */
export function createDynamodbStore({ client, place, errors, now, ...scope }: StoreParts<'dynamodb'>): ErrorWriter {
  const table = tableName(scope, ERRORS_PART)
  const call = tableCall({ client, region: place.region, table })
  return {
    name: 'dynamodb',
    place: `the table ${table}`,
    action: 'dynamodb:PutItem',
    limits: DYNAMODB_LIMITS,
    put: putEach(({ id, text }, withinMs) => {
      const expires = Math.ceil(now() / 1000) + errors.retentionHours * HOUR_SECONDS
      const Item = { id: { S: id }, record: { S: text }, expires: { N: `${expires}` } }
      return call('PutItem', { Item }, withinMs)
    }),
  }
}
