import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { AttakError } from '../../errors.ts'
import { type Condition, checkOperations, type Entry, type Operation, type StateStore } from '../../runtime/state.ts'
import { type Answering, inTime } from '../in-time.ts'

/** Where state is kept. */
export interface RedisStateParts extends Answering {
  /**
   * Closed by whoever opened it. It refuses commands without a connection, and does not send them again: a change that comes
   * later than its call may wait would overwrite later ones.
   */
  readonly client: Redis
  /** What all keys begin with: `attak:{shop--dev}:state`. */
  readonly prefix: string
}

/**
 * An entry is a hash: its value `v`, its version `n`, and its sums `s:<name>`; Redis removes it when it ends. A sorted set for
 * each group has the names of its entries. It may have names of entries that have ended, which a listing removes.
 * The number of the last version is in one key.
 *
 * Arguments: the prefix, and JSON: `[{ k: kind, g: group, n: name, c: condition, v: value, s: sums, t: ttl }]`. Answers
 * `[1, version]`, or `[0, indexes…]`. A script that fails is not undone, so that it checks everything first.
 */
const TRANSACT = `
local prefix, operations = KEYS[1], cjson.decode(ARGV[1])
local function entry(o) return prefix .. ':e:' .. #o.g .. ':' .. o.g .. ':' .. o.n end
local failed = {}
for i, o in ipairs(operations) do
  local key, kind = entry(o), o.c and o.c[1]
  local version = kind and redis.call('HGET', key, 'n')
  local holds = true
  if kind == 'absent' then holds = not version
  elseif kind == 'present' then holds = version
  elseif kind == 'version' then holds = version == o.c[2]
  elseif kind == 'value' then holds = version and redis.call('HGET', key, 'v') == o.c[2] end
  if not holds then failed[#failed + 1] = i - 1 end
end
if #failed > 0 then
  table.insert(failed, 1, 0)
  return failed
end
local version = string.format('%.0f', redis.call('INCR', prefix .. ':version'))
for _, o in ipairs(operations) do
  local key, index = entry(o), prefix .. ':g:' .. o.g
  if o.k == 'remove' then
    redis.call('DEL', key)
    redis.call('ZREM', index, o.n)
  elseif o.k ~= 'check' then
    if o.k == 'put' then
      redis.call('DEL', key)
      redis.call('HSET', key, 'v', o.v)
    else
      for name, by in pairs(o.s) do redis.call('HINCRBY', key, 's:' .. name, string.format('%.0f', by)) end
    end
    redis.call('HSET', key, 'n', version)
    if o.t then redis.call('PEXPIRE', key, o.t) end
    local endMs, indexEndMs = redis.call('PTTL', key), redis.call('PTTL', index)
    redis.call('ZADD', index, 0, o.n)
    if endMs < 0 then redis.call('PERSIST', index)
    elseif indexEndMs == -2 or (indexEndMs >= 0 and indexEndMs < endMs) then redis.call('PEXPIRE', index, endMs) end
  end
end
return { 1, version }
`

/** Arguments: the prefix, the group and the name. Answers the fields and values of an entry. */
const GET = `return redis.call('HGETALL', KEYS[1] .. ':e:' .. #ARGV[1] .. ':' .. ARGV[1] .. ':' .. ARGV[2])`

/** Arguments: the prefix, the group, and bounds of names as ZRANGEBYLEX has them. Answers names, each with its fields. */
const LIST = `
local index, found = KEYS[1] .. ':g:' .. ARGV[1], {}
local names = redis.call('ZRANGEBYLEX', index, ARGV[2], ARGV[3], 'LIMIT', 0, 100)
for _, name in ipairs(names) do
  local fields = redis.call('HGETALL', KEYS[1] .. ':e:' .. #ARGV[1] .. ':' .. ARGV[1] .. ':' .. name)
  if #fields == 0 then redis.call('ZREM', index, name) end
  found[#found + 1] = { name, fields }
end
return found
`

/** Keeps state on a Redis server. Each call is one script, which nothing interrupts. Calls wait for a connection that is lost. */
export function createRedisState({ client, prefix, after }: RedisStateParts): StateStore {
  const call = async (operation: string, script: Script, values: readonly string[], withinMs: number) => {
    let isOver = false
    const calling = async (): Promise<unknown> => {
      for (;;) {
        try {
          return await run(client, script, [prefix, ...values])
        } catch (error) {
          if (isOver || !isUnsent(error)) throw error
          await new Promise<void>((resolve) => void after(RECONNECT_MS, resolve))
          if (isOver) throw error
        }
      }
    }
    try {
      return await inTime(calling(), { withinMs, after })
    } catch (error) {
      throw refused(operation, error)
    } finally {
      isOver = true
    }
  }
  return {
    async transact(operations, withinMs) {
      checkOperations(operations)
      const body = JSON.stringify(operations.map(argumentOf))
      const [isDone, ...rest] = (await call('a transaction', SCRIPTS.transact, [body], withinMs)) as [
        number,
        ...unknown[],
      ]
      return isDone === 1
        ? { kind: 'done', version: String(rest[0]) }
        : { kind: 'refused', failed: rest.map((index) => Number(index)) }
    },
    async get({ group, name }, withinMs) {
      return entryOf((await call('a read', SCRIPTS.get, [group, name], withinMs)) as readonly string[])
    },
    async *list(group, { prefix: start = '', withinMs }) {
      let from = `[${start}`
      for (;;) {
        const found = (await call('a listing', SCRIPTS.list, [group, from, '+'], withinMs)) as readonly Found[]
        const fitting = found.filter(([name]) => name.startsWith(start))
        yield fitting.flatMap(([name, fields]) => {
          const entry = entryOf(fields)
          return entry === undefined ? [] : [{ name, ...entry }]
        })
        if (fitting.length < PAGE) return
        from = `(${fitting.at(-1)![0]}`
      }
    },
    async close() {},
  }
}

const PAGE = 100
/** How long a call waits before it tries whether the connection is back. */
const RECONNECT_MS = 50

/** The client refused a command that it did not send. */
function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable")
}

type Found = readonly [name: string, fields: readonly string[]]

interface Script {
  readonly text: string
  readonly sha: string
}

const SCRIPTS = { transact: scriptOf(TRANSACT), get: scriptOf(GET), list: scriptOf(LIST) }

function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

async function run(client: Redis, { text, sha }: Script, [prefix, ...values]: readonly string[]): Promise<unknown> {
  try {
    return await client.evalsha(sha, 1, prefix!, ...values)
  } catch (error) {
    if (!String(error).includes('NOSCRIPT')) throw error
    return client.eval(text, 1, prefix!, ...values)
  }
}

function argumentOf(operation: Operation): object {
  const { kind, key, if: condition } = operation
  return {
    ...{ k: kind, g: key.group, n: key.name },
    ...(condition !== undefined && { c: conditionOf(condition) }),
    ...(operation.kind === 'put' && { v: operation.value }),
    ...(operation.kind === 'add' && { s: operation.sums }),
    ...('ttlMs' in operation && operation.ttlMs !== undefined && { t: Math.max(1, Math.ceil(operation.ttlMs)) }),
  }
}

function conditionOf(condition: Condition): readonly string[] {
  if (typeof condition === 'string') return [condition]
  return 'version' in condition ? ['version', condition.version] : ['value', condition.value]
}

function entryOf(fields: readonly string[]): Entry | undefined {
  if (fields.length === 0) return undefined
  const sums: Record<string, number> = {}
  let [value, version]: (string | undefined)[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const [name, text] = [fields[at]!, fields[at + 1]!]
    if (name === 'v') value = text
    else if (name === 'n') version = text
    else sums[name.slice(2)] = Number(text)
  }
  return { ...(value !== undefined && { value }), sums, version: version! }
}

function refused(operation: string, cause: unknown): AttakError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new AttakError(
    'STORE_FAILED',
    `Redis, where state is kept, refused ${operation}: ${said}`,
    'Check that the server runs, has memory, and accepts writes.',
    { cause },
  )
}
