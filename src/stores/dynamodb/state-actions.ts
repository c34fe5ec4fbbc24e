import type { Condition, Entry, Operation, StateKey } from '../../runtime/state.ts'

/** A value of an attribute. */
export type Value = { readonly S: string } | { readonly N: string }

/**
 * An entry in a table: `{ id, name, version, value, until, expires }`, and its sums by `+<name>`. `until` is when it ends, in
 * milliseconds; DynamoDB removes it after `expires`, in seconds, within days.
 */
export type Item = Readonly<Record<string, Value>>

/** A call of DynamoDB that changes an item. */
export interface Action {
  readonly call: 'PutItem' | 'UpdateItem' | 'DeleteItem'
  readonly fields: object
}

/** What an action is made with. */
export interface ActionParts {
  readonly nowMs: number
  readonly version: string
  /** The entry of a sum has ended and may still be there: the sum begins at 0. */
  readonly isAnew: boolean
}

/** Returns what makes an operation in DynamoDB. */
export function actionOf(
  operation: Exclude<Operation, { readonly kind: 'check' }>,
  { nowMs, version, isAnew }: ActionParts,
): Action {
  const { key, kind } = operation
  const end = 'ttlMs' in operation && operation.ttlMs !== undefined ? endOf(nowMs + operation.ttlMs) : undefined
  const own: Item = { version: { S: version }, ...end }
  if (kind === 'remove') return { call: 'DeleteItem', fields: { Key: keyOf(key), ...onlyIf(operation.if, nowMs) } }
  if (kind === 'put') {
    const Item = { ...keyOf(key), value: { S: operation.value }, ...own }
    return { call: 'PutItem', fields: { Item, ...onlyIf(operation.if, nowMs) } }
  }
  const sums = Object.entries(operation.sums).map(([name, by]) => [`+${name}`, { N: String(by) }] as const)
  if (isAnew)
    return {
      call: 'PutItem',
      fields: { Item: { ...keyOf(key), ...Object.fromEntries(sums), ...own }, ...onlyIf('absent', nowMs) },
    }
  return { call: 'UpdateItem', fields: updateOf(key, sums, own, onlyIf(operation.if, nowMs, NOT_ENDED)) }
}

type Fields = Readonly<Record<string, unknown>>

function updateOf(key: StateKey, sums: readonly (readonly [string, Value])[], own: Item, condition: Fields): object {
  const set = Object.keys(own).map((name) => `#set_${name} = :set_${name}`)
  const add = sums.map((_, index) => `#sum${index} :sum${index}`)
  return {
    Key: keyOf(key),
    ...condition,
    UpdateExpression: `SET ${set.join(', ')}${add.length === 0 ? '' : ` ADD ${add.join(', ')}`}`,
    ExpressionAttributeNames: {
      ...(condition.ExpressionAttributeNames as object),
      ...Object.fromEntries(Object.keys(own).map((name) => [`#set_${name}`, name])),
      ...Object.fromEntries(sums.map(([name], index) => [`#sum${index}`, name])),
    },
    ExpressionAttributeValues: {
      ...(condition.ExpressionAttributeValues as object),
      ...Object.fromEntries(Object.entries(own).map(([name, value]) => [`:set_${name}`, value])),
      ...Object.fromEntries(sums.map(([, by], index) => [`:sum${index}`, by])),
    },
  }
}

const NOT_ENDED = 'attribute_not_exists(#until) OR #until > :now'
const IS_ABSENT = 'attribute_not_exists(id) OR #until <= :now'
const IS_PRESENT = `attribute_exists(id) AND (${NOT_ENDED})`

/** Items that have ended are there until DynamoDB removes them, within days. */
function onlyIf(condition: Condition | undefined, nowMs: number, always?: string): Fields {
  const own =
    condition === undefined
      ? undefined
      : condition === 'absent'
        ? IS_ABSENT
        : condition === 'present'
          ? IS_PRESENT
          : `${IS_PRESENT} AND #is = :is`
  const parts = [own, always].filter((part) => part !== undefined)
  if (parts.length === 0) return {}
  const is = typeof condition === 'object' ? Object.entries(condition)[0] : undefined
  return {
    ConditionExpression: parts.map((part) => `(${part})`).join(' AND '),
    ExpressionAttributeNames: { '#until': 'until', ...(is && { '#is': is[0] }) },
    ExpressionAttributeValues: { ':now': { N: String(nowMs) }, ...(is && { ':is': { S: is[1] } }) },
  }
}

/** Groups and names begin with `/` there, since no key may be empty. */
export function keyOf({ group, name }: StateKey): Item {
  return { id: { S: `/${group}` }, name: { S: `/${name}` } }
}

function endOf(untilMs: number): Item {
  return { until: { N: String(Math.ceil(untilMs)) }, expires: { N: String(Math.ceil(untilMs / 1000)) } }
}

/** Whether an item is over, though it is still there. */
export function hasEnded({ until }: Item, nowMs: number): boolean {
  return until !== undefined && 'N' in until && Number(until.N) <= nowMs
}

/** Returns the entry that an item holds. */
export function entryOf(item: Item): Entry {
  const value = textIn(item.value)
  const sums = Object.entries(item).flatMap(([name, of]) =>
    name.startsWith('+') && 'N' in of ? [[name.slice(1), Number(of.N)]] : [],
  )
  return { ...(value !== undefined && { value }), sums: Object.fromEntries(sums), version: textIn(item.version)! }
}

/** Returns the text of an attribute. */
export function textIn(value: Value | undefined): string | undefined {
  return value !== undefined && 'S' in value ? value.S : undefined
}
