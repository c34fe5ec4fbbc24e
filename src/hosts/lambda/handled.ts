import { tableName } from '../../aws/names.ts'
import { HANDLED_PART } from '../../graph/names.ts'
import { openLeases } from '../../runtime/deliver/leases.ts'
import type { DeliverParts } from '../../runtime/deliver/round.ts'
import { createDynamodbHandled } from '../../stores/dynamodb/handled.ts'
import type { Idempotence } from '../../topology/recording.ts'
import type { LambdaWorld } from './world.ts'

const HOUR_MS = 3_600_000

/** Remembers handled messages of a processor in the table of its topology, so that they are not handled again. */
export function rememberHandled(
  { client, host, place, scope }: LambdaWorld,
  { ttlHours }: Idempotence,
): NonNullable<DeliverParts['leases']> {
  const store = createDynamodbHandled({
    client,
    region: place.region,
    table: tableName(scope, HANDLED_PART),
    now: host.now,
    ttlMs: ttlHours * HOUR_MS,
  })
  return (round) => openLeases(store, round)
}
