/**
 * The scripts of the broker: each is atomic. All keys begin with one prefix, `KEYS[1]`, whose hash tag keeps them in one slot:
 *
 * - `channels`: a hash of the number of lanes by channel
 * - `in:<channel>:<index>`: the stream of a lane; an entry stays there until it is committed
 * - `lane:<channel>:<index>`: a hash with the lane's `owner`, its `token`, which fences earlier owners, the number `seq` of its
 *   last commit, and `started`: the last entry whose handlers may have run
 * - `marks:<channel>:<index>`: a hash of the attempts of messages that wait there, and of crashes, by entry
 * - `later`: a sorted set of records that are not due, by their time
 * - `workers`: a hash of what workers say of themselves; `alive:<worker>` exists while one gives signs of life
 * - `writer:<id>`: the number of the last call of a sender
 *
 * A full Redis refuses memory to a script only before its first write. Source: redis.io/docs/latest/develop/programmability/eval-intro,
 * read 2026-11-29. So scripts that workers need to make room begin with {@link ALLOW_FULL}.
 */
/** A write without effect, which needs no memory. */
const ALLOW_FULL = "redis.call('DEL', KEYS[1] .. 'none')"

/** Adds a record to a lane, now or after a delay by the clock of Redis: those of workers may be wrong. */
const PUT = `
local function put(p, lane, delay, body)
  if delay == '' then return redis.call('XADD', p .. 'in:' .. lane, '*', 'b', body) end
  local time = redis.call('TIME')
  return redis.call('ZADD', p .. 'later', time[1] * 1000 + math.floor(time[2] / 1000) + delay, lane .. ' ' .. body)
end`

/** The lanes of a channel. An error for a number that attak never writes: a loop over it might have no end. */
const LANES_OF = `
local function lanesOf(p, channel)
  local text = redis.call('HGET', p .. 'channels', channel)
  local lanes = tonumber(text)
  if lanes ~= nil and lanes >= 1 and lanes <= 1024 and lanes % 1 == 0 then return lanes end
  error('key ' .. p .. 'channels has "' .. tostring(text) .. '" as the lanes of ' .. channel .. ', which is no number from 1 to 1024')
end`

export const SCRIPTS = {
  /** ARGV: lane, token, seq, count of refs, refs, count of marks, their refs and texts, sends. Returns `committed` or `fenced`. */
  attakCommit: `${PUT}
local p, lane = KEYS[1], ARGV[1]
local head = redis.call('HMGET', p .. 'lane:' .. lane, 'token', 'seq')
if head[1] ~= ARGV[2] then return 'fenced' end
if tonumber(head[2] or '0') >= tonumber(ARGV[3]) then return 'committed' end
${ALLOW_FULL}
-- First what may fail: nothing is removed then.
local at, done = 5, tonumber(ARGV[4])
local sends = at + done + 1 + 2 * tonumber(ARGV[at + done])
while sends <= #ARGV do
  put(p, ARGV[sends], ARGV[sends + 1], ARGV[sends + 2])
  sends = sends + 3
end
local marks = p .. 'marks:' .. lane
if done > 0 then
  local refs = {}
  for n = 1, done do refs[n] = ARGV[at + n - 1] end
  redis.call('XDEL', p .. 'in:' .. lane, unpack(refs))
  if redis.call('EXISTS', marks) == 1 then
    redis.call('HDEL', marks, unpack(refs))
    for n = 1, done do refs[n] = 'crash:' .. refs[n] end
    redis.call('HDEL', marks, unpack(refs))
  end
end
at = at + done
for n = at + 1, at + 2 * tonumber(ARGV[at]), 2 do redis.call('HSET', marks, ARGV[n], ARGV[n + 1]) end
redis.call('HSET', p .. 'lane:' .. lane, 'seq', ARGV[3])
return 'committed'`,
  /** ARGV: writer, seq, milliseconds to remember it, sends. Does nothing if the call was made before. */
  attakSend: `${PUT}
local p = KEYS[1]
local writer = p .. 'writer:' .. ARGV[1]
if tonumber(redis.call('GET', writer) or '0') >= tonumber(ARGV[2]) then return 0 end
for at = 4, #ARGV, 3 do
  put(p, ARGV[at], ARGV[at + 1], ARGV[at + 2])
end
redis.call('SET', writer, ARGV[2], 'PX', ARGV[3])
return 1`,
  /** Moves up to 100 records that are due into their lanes, by the clock of Redis. Returns how many. */
  attakMove: `
${ALLOW_FULL}
local p, time = KEYS[1], redis.call('TIME')
local due = redis.call('ZRANGEBYSCORE', p .. 'later', '-inf', time[1] * 1000 + math.floor(time[2] / 1000), 'LIMIT', 0, 100)
for _, record in ipairs(due) do
  local lane, body = string.match(record, '^(%S+) (.*)$')
  if lane ~= nil then redis.call('XADD', p .. 'in:' .. lane, '*', 'b', body) end
  redis.call('ZREM', p .. 'later', record)
end
return #due`,
  /** ARGV: lanes of a new channel, channels. Returns the lanes that each has. */
  attakEnsure: `${LANES_OF}
${ALLOW_FULL}
local counts = {}
for n = 2, #ARGV do
  redis.call('HSETNX', KEYS[1] .. 'channels', ARGV[n], ARGV[1])
  counts[n - 1] = lanesOf(KEYS[1], ARGV[n])
end
return counts`,
  /**
   * ARGV: worker, lease in milliseconds, what it says of itself, a new token, its channels with their lanes. Makes channels that are
   * gone, and takes free lanes up to the worker's share. Returns how many channels were gone, and for each lane that the worker
   * owns: name, token, \`own\`, \`new\`, \`left\` (its owner vanished) or \`extra\`.
   */
  attakBalance: `${LANES_OF}
${ALLOW_FULL}
local p, me = KEYS[1], ARGV[1]
redis.call('SET', p .. 'alive:' .. me, '1', 'PX', ARGV[2])
redis.call('HSET', p .. 'workers', me, ARGV[3])
local sharing, alive = {}, { [me] = true }
local workers = redis.call('HGETALL', p .. 'workers')
for n = 1, #workers, 2 do
  local id = workers[n]
  local known, about = pcall(cjson.decode, workers[n + 1])
  if known and (id == me or redis.call('EXISTS', p .. 'alive:' .. id) == 1) then
    alive[id] = true
    for _, channel in ipairs(about.channels or {}) do sharing[channel] = (sharing[channel] or 0) + 1 end
  else redis.call('HDEL', p .. 'workers', id) end
end
local gone, out = 0, {}
for n = 5, #ARGV, 2 do
  local channel = ARGV[n]
  gone = gone + redis.call('HSETNX', p .. 'channels', channel, ARGV[n + 1])
  local lanes = lanesOf(p, channel)
  local share = math.ceil(lanes / (sharing[channel] or 1))
  local mine, free = 0, {}
  for index = 0, lanes - 1 do
    local name = channel .. ':' .. index
    local lane = redis.call('HMGET', p .. 'lane:' .. name, 'owner', 'token')
    local owner = lane[1] or ''
    if owner == me then
      mine = mine + 1
      out[#out + 1] = name
      out[#out + 1] = lane[2]
      out[#out + 1] = mine > share and 'extra' or 'own'
    elseif owner == '' then free[#free + 1] = { name, 'new' }
    elseif not alive[owner] then free[#free + 1] = { name, 'left' } end
  end
  for _, found in ipairs(free) do
    if mine >= share then break end
    mine = mine + 1
    redis.call('HSET', p .. 'lane:' .. found[1], 'owner', me, 'token', ARGV[4], 'seq', '0')
    out[#out + 1] = found[1]
    out[#out + 1] = ARGV[4]
    out[#out + 1] = found[2]
  end
end
return { gone, out }`,
  /** ARGV: lane, ref. Counts a crash of a record. */
  attakSuspect: `
${ALLOW_FULL}
return redis.call('HINCRBY', KEYS[1] .. 'marks:' .. ARGV[1], 'crash:' .. ARGV[2], 1)`,
  /** ARGV: lane, ref. Takes one crash of a record back, if it is counted. */
  attakSurvived: `
${ALLOW_FULL}
local marks, field = KEYS[1] .. 'marks:' .. ARGV[1], 'crash:' .. ARGV[2]
if redis.call('HEXISTS', marks, field) == 0 then return 0 end
if redis.call('HINCRBY', marks, field, -1) <= 0 then redis.call('HDEL', marks, field) end
return 1`,
  /** ARGV: token, lanes. Gives back those that are still owned by that token. */
  attakRelease: `
${ALLOW_FULL}
local lane = KEYS[1] .. 'lane:' .. ARGV[2]
if redis.call('HGET', lane, 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', lane, 'owner', '')
redis.call('HDEL', lane, 'started')
return 1`,
} as const
