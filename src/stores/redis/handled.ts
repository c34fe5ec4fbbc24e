import { hash, randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { AttakError } from '../../errors.ts'
import type { Begun, HandledStore } from '../../runtime/handled.ts'
import { type Answering, inTime } from '../in-time.ts'

/** Where handled messages are remembered. */
export interface RedisHandledParts extends Answering {
  readonly client: Redis
  /** All keys begin with it. */
  readonly prefix: string
  /** How long handled messages are remembered. */
  readonly ttlMs: number
}

/** KEYS: message. ARGV: digest, token, lease in milliseconds. Returns `new`, `busy`, `done` or `other`. */
const BEGIN = `
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] .. ' ' .. ARGV[2] then
  local space = string.find(known, ' ', 1, true)
  if string.sub(known, 1, space - 1) ~= ARGV[1] then return 'other' end
  return #known == space and 'done' or 'busy'
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 'new'`

/** KEYS: message. ARGV: what its lease has there. Removes it. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`

/** Remembers handled messages in Redis: `<digest> <token>` by message while it is handled, `<digest> ` afterwards. */
export function createRedisHandled({ client, prefix, ttlMs, after }: RedisHandledParts): HandledStore {
  const holder = randomUUID()
  let leases = 0
  const ask = async <Value>(call: Promise<Value>, withinMs: number): Promise<Value> => {
    try {
      return await inTime(call, { withinMs, after })
    } catch (error) {
      const what = `Redis, where handled messages are remembered, did not answer: ${(error as Error).message}`
      throw new AttakError(
        'STORE_FAILED',
        what,
        'The message is delivered again. Look at the log of Redis if this lasts.',
      )
    }
  }
  return {
    lease: (id, digest) => ({ key: `${prefix}${hash('sha256', id)}`, digest, token: `${holder}/${++leases}` }),
    async begin(lease, { leaseMs, withinMs }) {
      const take = async (key: string) =>
        (await ask(client.eval(BEGIN, 1, key, lease.digest, lease.token, Math.ceil(leaseMs)), withinMs)) as Kind
      const kind = await take(lease.key)
      if (kind !== 'other') return begunOf(kind, 'new', lease)
      const own = { ...lease, key: `${lease.key}/${lease.digest}` }
      return begunOf(await take(own.key), 'differs', own)
    },
    async done({ key, digest }, withinMs) {
      await ask(client.set(key, `${digest} `, 'PX', ttlMs), withinMs)
    },
    async release({ key, digest, token }, withinMs) {
      await ask(client.eval(RELEASE, 1, key, `${digest} ${token}`), withinMs)
    },
  }
}

type Kind = 'new' | 'busy' | 'done' | 'other'

function begunOf(kind: Kind, free: 'new' | 'differs', lease: ReturnType<HandledStore['lease']>): Begun {
  if (kind === 'new') return { kind: free, lease }
  return { kind: kind === 'done' ? 'done' : 'busy' }
}
