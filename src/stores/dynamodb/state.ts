import { randomUUID } from 'node:crypto'
import type { AwsResult } from '../../aws/client.ts'
import type { AwsFailure } from '../../aws/failure.ts'
import { AttakError } from '../../errors.ts'
import {
  checkOperations,
  type Entry,
  type Operation,
  type StateKey,
  type StateStore,
  type Transacted,
} from '../../runtime/state.ts'
import { type TablePlace, tableCall } from './call.ts'
import { actionOf, entryOf, hasEnded, type Item, keyOf, textIn } from './state-actions.ts'

/** The arguments of {@link createDynamodbState}: a table with the text keys `id` and `name`, whose items expire by `expires`. */
export interface DynamodbStateParts extends TablePlace {
  /** Milliseconds since 1970. Where the clocks of two functions differ, entries end sooner or later by that. */
  readonly now: () => number
  /** Calls back after a wait. */
  readonly after: (ms: number, call: () => void) => void
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Calls of one table, which are repeated while DynamoDB asks for that. */
interface Table extends Pick<DynamodbStateParts, 'table' | 'now'> {
  /** Returns the answer, or the failure of a condition. Throws STORE_FAILED. */
  call(operation: string, fields: object, endMs: number): Promise<AwsResult>
}

/**
 * Keeps state in a DynamoDB table: a group is a partition, a name the sort key. A transaction is one call: it has a single
 * operation, which changes something.
 */
export function createDynamodbState(parts: DynamodbStateParts): StateStore {
  const { now } = parts
  const table = openTable(parts)
  return {
    async transact(operations, withinMs) {
      checkOperations(operations)
      const [only, ...others] = operations
      if (only!.kind === 'check' || others.length > 0) throw new Error('DynamoDB makes one change at a time')
      return change(table, only!, now() + withinMs)
    },
    async get(key, withinMs) {
      const item = await itemOf(table, key, now() + withinMs)
      return item === undefined || hasEnded(item, now()) ? undefined : entryOf(item)
    },
    async *list(group, { prefix = '', withinMs }) {
      for (let start: unknown; ; ) {
        const fields = {
          ...{ ConsistentRead: true, KeyConditionExpression: 'id = :id AND begins_with(#name, :name)' },
          ExpressionAttributeNames: { '#name': 'name' },
          ExpressionAttributeValues: { ':id': { S: `/${group}` }, ':name': { S: `/${prefix}` } },
          ...{ Limit: 100, ...(start !== undefined && { ExclusiveStartKey: start }) },
        }
        const { Items = [], LastEvaluatedKey } = answerOf(await table.call('Query', fields, now() + withinMs)) as Page
        const items = Items.filter((item) => !hasEnded(item, now()))
        yield items.map((item) => ({ name: textIn(item.name)!.slice(1), ...entryOf(item) }))
        start = LastEvaluatedKey
        if (start === undefined) return
      }
    },
    async close() {},
  }
}

interface Page {
  readonly Items?: readonly Item[]
  readonly LastEvaluatedKey?: object
}

const FIRST_WAIT_MS = 25
const MOST_WAIT_MS = 1000

function openTable({ now, after, random, ...place }: DynamodbStateParts): Table {
  const once = tableCall(place)
  return {
    ...{ table: place.table, now },
    async call(operation, fields, endMs) {
      for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
        const result = await once(operation, fields, Math.max(1, endMs - now()))
        if (result.ok || isByCondition(result)) return result
        const pauseMs = waitMs * (0.5 + random() / 2)
        if (!isRepeatable(operation, result) || now() + pauseMs >= endMs) throw failure(place.table, operation, result)
        await new Promise<void>((resolve) => after(pauseMs, resolve))
      }
    },
  }
}

/** Whether a call can be made again. A write that may have been done is not: it could undo a later one. */
function isRepeatable(operation: string, result: AwsFailure): boolean {
  if (isConflict(result)) return true
  return result.passing && (SAFE.has(operation) || (result.status >= 400 && result.status < 500))
}

const SAFE: ReadonlySet<string> = new Set(['GetItem', 'Query'])

async function change(table: Table, operation: Parameters<typeof actionOf>[0], endMs: number): Promise<Transacted> {
  const version = randomUUID()
  /** The entry of a sum has ended: the sum begins at 0 again. */
  let isAnew = false
  for (;;) {
    const nowMs = table.now()
    if (nowMs >= endMs) throw failure(table.table, 'the change', NO_TIME)
    const { call, fields } = actionOf(operation, { nowMs, version, isAnew })
    if ((await table.call(call, fields, endMs)).ok) return { kind: 'done', version }
    const next = operation.kind === 'add' && (await additionOf(table, operation, endMs))
    if (next === false) return { kind: 'refused', failed: [0] }
    isAnew = next === 'anew'
  }
}

const NO_TIME = { code: 'TIMEOUT', message: 'no time was left', passing: true }

async function itemOf({ call }: Table, key: StateKey, endMs: number): Promise<Item | undefined> {
  const answer = answerOf(await call('GetItem', { Key: keyOf(key), ConsistentRead: true }, endMs))
  return (answer as { readonly Item?: Item }).Item
}

/** Reads have no conditions: their failures are thrown. */
function answerOf(result: AwsResult): unknown {
  return result.ok ? result.value : undefined
}

/**
 * How an addition that was refused can be made after all: `anew` where its entry has ended, `as before` where it has not. False: its
 * own condition does not hold.
 */
async function additionOf(
  table: Table,
  { key, if: condition }: Extract<Operation, { readonly kind: 'add' }>,
  endMs: number,
): Promise<'anew' | 'as before' | false> {
  const item = await itemOf(table, key, endMs)
  if (item === undefined || hasEnded(item, table.now())) return (condition ?? 'absent') === 'absent' && 'anew'
  const entry: Entry = entryOf(item)
  const [name, wanted] = typeof condition === 'object' ? Object.entries(condition)[0]! : []
  const holds = name === undefined ? condition !== 'absent' : entry[name as 'value' | 'version'] === wanted
  return holds && 'as before'
}

function isByCondition({ code }: AwsFailure): boolean {
  return code === 'ConditionalCheckFailedException'
}

/** Another call changes the same entry just now. */
function isConflict({ code }: AwsFailure): boolean {
  return code === 'TransactionConflictException'
}

function failure(
  table: string,
  operation: string,
  { code, message, passing }: Pick<AwsFailure, 'code' | 'message' | 'passing'>,
): AttakError {
  return new AttakError(
    'STORE_FAILED',
    `the table ${table}, where state is kept, refused ${operation}: ${code}: ${message}`,
    passing
      ? 'The message is delivered again. You need to do nothing unless this lasts.'
      : `Deploy again: that creates the table and allows its functions to call dynamodb:${operation}.`,
  )
}
