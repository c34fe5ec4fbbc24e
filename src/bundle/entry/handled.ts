import { tableName } from '../../aws/names.ts'
import { HANDLED_PART } from '../../graph/names.ts'
import { openLeases } from '../../runtime/deliver/leases.ts'
import type { DeliverParts } from '../../runtime/deliver/round.ts'
import { createDynamodbHandled } from '../../stores/dynamodb/handled.ts'
import type { OpenFunction } from './function.ts'

const HOUR_MS = 3_600_000

/** Keeps what a processor has handled in the table of its topology, so that it is not handled again. */
export function rememberHandled({
  client,
  definition,
  host,
  place,
  baked,
}: Pick<OpenFunction, 'client' | 'definition' | 'host' | 'place' | 'baked'>): NonNullable<DeliverParts['leases']> {
  const store = createDynamodbHandled({
    client,
    region: place.region,
    table: tableName(definition, HANDLED_PART),
    now: host.now,
    ttlMs: baked.idempotent!.ttlHours * HOUR_MS,
  })
  return (round) => openLeases(store, round)
}
