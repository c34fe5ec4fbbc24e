import { tableName } from '../../aws/names.ts'
import { STATE_PART } from '../../graph/names.ts'
import type { StateStore } from '../../runtime/state.ts'
import { createDynamodbState } from '../../stores/dynamodb/state.ts'
import type { LambdaWorld } from './world.ts'

/** Opens the table of a topology with what its processors keep between messages. */
export function openState({ client, host, place, scope }: LambdaWorld): StateStore {
  const { now, after, random } = host
  return createDynamodbState({ client, region: place.region, table: tableName(scope, STATE_PART), now, after, random })
}
