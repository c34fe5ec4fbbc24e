import { type Place, type Scope, tableArn, tableName } from '../../aws/names.ts'
import type { Allowed, StoreAccess, TableConfig } from '../../aws/resources.ts'
import { ERRORS_PART, HANDLED_PART, STATE_PART } from '../../graph/names.ts'
import type { JsonObject, Resource } from '../../graph/resource.ts'

/** The table for error records. */
export function errorsTable(scope: Scope, tags: JsonObject): Resource {
  return { ...table(scope, ERRORS_PART, tags), holdsData: true }
}

/** The table for the ids of messages that were handled. Without it, what comes again is handled again; nothing is lost. */
export function handledTable(scope: Scope, tags: JsonObject): Resource {
  return table(scope, HANDLED_PART, tags)
}

/** The table for what processors keep between messages. */
export function stateTable(scope: Scope, tags: JsonObject): Resource {
  return { ...table(scope, STATE_PART, tags, { sort: 'name' }), holdsData: true }
}

/** What keeping error records in the topology's own table takes. */
export function dynamodbAccess(scope: Scope, place: Place): StoreAccess {
  const on = [tableArn(place, tableName(scope, ERRORS_PART))]
  return {
    keep: { actions: ['dynamodb:PutItem'], on },
    look: [{ actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Scan'], on }],
  }
}

/** What remembering handled messages takes of a function. */
export function handledAccess(scope: Scope, place: Place): Allowed {
  const actions = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem']
  return { actions, on: [tableArn(place, tableName(scope, HANDLED_PART))] }
}

/** What `context.state` takes of a function. */
export function stateAccess(scope: Scope, place: Place): Allowed {
  const actions = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem']
  return { actions, on: [tableArn(place, tableName(scope, STATE_PART))] }
}

function table(scope: Scope, part: string, tags: JsonObject, more: Pick<TableConfig, 'sort'> = {}): Resource {
  const config: TableConfig = { key: 'id', ...more, expires: 'expires', tags }
  const name = tableName(scope, part)
  return {
    id: `table/${part}`,
    kind: 'table',
    name,
    needs: [],
    config,
    fixed: ['key', 'sort'].filter((name) => name in config),
    holdsData: false,
  }
}
