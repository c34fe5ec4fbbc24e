import { hash, randomUUID } from 'node:crypto'
import type { AwsFailure } from '../../aws/failure.ts'
import { AttakError } from '../../errors.ts'
import type { Begun, HandledStore, Lease } from '../../runtime/handled.ts'
import { type TablePlace, tableCall } from './call.ts'

/** The arguments of {@link createDynamodbHandled}: a table with the text key `id`, whose items expire by `expires`. */
export interface DynamodbHandledParts extends TablePlace {
  /** Milliseconds since 1970. Where the clocks of two functions differ, leases end sooner or later by that. */
  readonly now: () => number
  /** How long handled messages are remembered. */
  readonly ttlMs: number
}

/** `{ id, digest, until, expires }`, until when that holds, in milliseconds; and `token` while it is a lease. */
type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>

/**
 * The message is free: no item exists, or its lease or memory has ended, or the lease is this one and the answer was
 * lost. DynamoDB removes expired items within days. Source: DynamoDB developer guide, "Using time to live",
 * read 2026-11-21.
 */
const IS_FREE = 'attribute_not_exists(id) OR #until <= :now OR #token = :token'
const IS_OURS = '#token = :token'

/** A key takes 2048 bytes. Source: DynamoDB developer guide, "Quotas", read 2026-11-21. */
const MOST_KEY_CHARACTERS = 500

/**
 * Remembers handled messages in a DynamoDB table. A lease is an item that is put on the condition that the message is free;
 * `done` puts one without a token, whoever has a lease by then, since the message was handled.
 */
export function createDynamodbHandled({ now, ttlMs, ...place }: DynamodbHandledParts): HandledStore {
  const { table } = place
  const call = tableCall(place)
  const holder = randomUUID()
  let leases = 0

  const refused = (operation: string, { code, message, passing }: AwsFailure) =>
    new AttakError(
      'STORE_FAILED',
      `the table ${table}, where handled messages are remembered, refused ${operation}: ${code}: ${message}`,
      passing
        ? 'The message is delivered again. You need to do nothing unless this lasts.'
        : `Deploy again: that creates the table and allows its functions to call dynamodb:${operation}.`,
    )

  /** Takes a lease by `endMs`; returns the existing item instead if the message is not free. */
  const take = async ({ key, digest, token }: Lease, untilMs: number, endMs: number): Promise<Item | undefined> => {
    const nowMs = now()
    const leftMs = () => Math.max(1, endMs - now())
    const item = { id: { S: key }, digest: { S: digest }, token: { S: token }, ...untilFields(untilMs) }
    const values = { ':now': { N: `${nowMs}` }, ':token': { S: token } }
    const put = await call('PutItem', { Item: item, ...onlyIf(IS_FREE, values) }, leftMs())
    if (put.ok) return undefined
    if (!isByCondition(put)) throw refused('PutItem', put)
    const got = await call('GetItem', { Key: { id: { S: key } }, ConsistentRead: true }, leftMs())
    if (!got.ok) throw refused('GetItem', got)
    // It may be free by now; who asks again will get it.
    return (got.value as { readonly Item?: Item }).Item ?? item
  }

  return {
    lease: (id, digest) => ({ key: keyOf(id), digest, token: `${holder}/${++leases}` }),
    async begin(lease, { leaseMs, withinMs }) {
      const [untilMs, endMs] = [now() + leaseMs, now() + withinMs]
      const known = await take(lease, untilMs, endMs)
      if (known === undefined) return { kind: 'new', lease }
      if (known.digest?.S === lease.digest) return refusalBy(known)
      const own = { ...lease, key: ownKeyOf(lease) }
      const knownOwn = await take(own, untilMs, endMs)
      return knownOwn === undefined ? { kind: 'differs', lease: own } : refusalBy(knownOwn)
    },
    async done({ key, digest }, withinMs) {
      const item = { id: { S: key }, digest: { S: digest }, ...untilFields(now() + ttlMs) }
      const put = await call('PutItem', { Item: item }, withinMs)
      if (!put.ok) throw refused('PutItem', put)
    },
    async release({ key, token }, withinMs) {
      const fields = { Key: { id: { S: key } }, ...onlyIf(IS_OURS, { ':token': { S: token } }) }
      const removed = await call('DeleteItem', fields, withinMs)
      if (!removed.ok && !isByCondition(removed)) throw refused('DeleteItem', removed)
    },
  }
}

function refusalBy({ token }: Item): Begun {
  return { kind: token === undefined ? 'done' : 'busy' }
}

function untilFields(untilMs: number): Item {
  return { until: { N: `${Math.ceil(untilMs)}` }, expires: { N: `${Math.ceil(untilMs / 1000)}` } }
}

/** Some of these names are words of its language. */
const NAMES: Readonly<Record<string, string>> = { '#until': 'until', '#token': 'token' }

function onlyIf(condition: string, values: Item): object {
  const names = Object.entries(NAMES).filter(([name]) => condition.includes(name))
  return {
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(names),
    ExpressionAttributeValues: values,
  }
}

function isByCondition({ code }: AwsFailure): boolean {
  return code === 'ConditionalCheckFailedException'
}

/** No message without other data has this key, whatever its id: names of processors do not begin with `#`. */
function ownKeyOf({ key, digest }: Lease): string {
  return `#${hash('sha256', `${key}/${digest}`)}`
}

/** Ids that others made may be of any length. */
function keyOf(id: string): string {
  return id.length <= MOST_KEY_CHARACTERS ? id : hash('sha256', id)
}
