import { COMMON } from './common';

/**
 * ARGV: instance, how many, milliseconds after which leases have run out (0: nobody's are taken back now).
 *
 * Answers [milliseconds until the first of those put off is due (-1: none), the last ids of the streams and of the events where nothing was
 * leased, then priority (from 1), entries, states of these]. A lease is a pending entry of the group. The leases of an instance
 * that ran out are named in the sorted set LOST, \`instance/p:id\` by time, until it or the next lease of the message clears that:
 * so its late settlement is known for one that is over.
 */
export const TAKE = `${COMMON}
local me, left, leaseTime = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = now()
local ripe = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', time, 'LIMIT', 0, 1000)
for _, name in ipairs(ripe) do
  back(tonumber(string.sub(name, 1, 1)), string.sub(name, 3))
  redis.call('ZREM', DELAYED, name)
end
if leaseTime > 0 then
  for p = 1, 5 do
    for _, one in ipairs(redis.call('XPENDING', KEYS[p], G, 'IDLE', leaseTime, '-', '+', 500)) do
      local id, holder, name = one[1], one[2], p .. ':' .. one[1]
      redis.call('XACK', KEYS[p], G, id)
      back(p, id)
      local state = redis.call('HGET', STATES, name)
      redis.call('HSET', STATES, name, 'R' .. (state and string.sub(state, 2) or ''))
      redis.call('ZADD', LOST, time, holder .. '/' .. name)
    end
  end
  redis.call('ZREMRANGEBYSCORE', LOST, '-inf', time - 3600000)
end
local answer = {-1, false}
local anyState = redis.call('EXISTS', STATES) == 1
local function add(p, entries)
  local states = {}
  if anyState then
    local names = {}
    for i, entry in ipairs(entries) do names[i] = p .. ':' .. entry[1] end
    states = redis.call('HMGET', STATES, unpack(names))
  end
  left = left - #entries
  answer[#answer + 1] = p
  answer[#answer + 1] = entries
  answer[#answer + 1] = states
end
local anyBack = redis.call('EXISTS', KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]) > 0
local anyLost = redis.call('EXISTS', LOST) == 1
for p = 1, 5 do
  while anyBack and left > 0 do
    local found = redis.call('ZPOPMIN', KEYS[5 + p], math.min(left, 1000))
    if #found == 0 then break end
    local entries = {}
    for i = 1, #found, 2 do
      local id = idOf(found[i])
      local entry = redis.call('XRANGE', KEYS[p], id, id)[1]
      if entry then
        redis.call('XCLAIM', KEYS[p], G, me, 0, id, 'FORCE', 'JUSTID')
        if anyLost then redis.call('ZREM', LOST, me .. '/' .. p .. ':' .. id) end
        entries[#entries + 1] = entry
      else
        forget(p, id)
      end
    end
    if #entries > 0 then add(p, entries) end
  end
  while left > 0 do
    local most = math.min(left, 1000)
    local fresh = redis.call('XREADGROUP', 'GROUP', G, me, 'COUNT', most, 'STREAMS', KEYS[p], '>')
    if not fresh then break end
    local entries = fresh[1][2]
    if #entries > 0 then add(p, entries) end
    if #entries < most then break end
  end
end
if #answer == 2 then
  local first = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  if first[2] then answer[1] = math.max(0, tonumber(first[2]) - time) end
  answer[2] = {last(KEYS[1]), last(KEYS[2]), last(KEYS[3]), last(KEYS[4]), last(KEYS[5]), last(EVENTS)}
end
return answer
`;

/**
 * ARGV: instance, then the messages (p:id) whose leases it knows of. Takes back all others that are leased to it: the reply with
 * them was lost. Nobody has seen them, so they are as they were.
 */
export const RECOVER = `${COMMON}
local me, known = ARGV[1], {}
for i = 2, #ARGV do known[ARGV[i]] = true end
for p = 1, 5 do
  for _, one in ipairs(redis.call('XPENDING', KEYS[p], G, '-', '+', 100000, me)) do
    if not known[p .. ':' .. one[1]] then
      redis.call('XACK', KEYS[p], G, one[1])
      back(p, one[1])
    end
  end
end
return 0
`;

/** ARGV: messages (p:id), then for each what it is to be from now on. What another instance has written before stays; answers what is there. */
export const PREPARE = `${COMMON}
local count = #ARGV / 2
for i = 1, count do redis.call('HSETNX', PREPARED, ARGV[i], ARGV[count + i]) end
return redis.call('HMGET', PREPARED, unpack(ARGV, 1, count))
`;

/** ARGV: messages (p:id). What was made of them before; nil: nothing. */
export const PREPARED_BEFORE = `${COMMON}
return redis.call('HMGET', PREPARED, unpack(ARGV))
`;

/** ARGV: how many at most, capacity. KEYS[19]: a list. Moves what other programs pushed at its left into the stream of priority 2. */
export const DRAIN = `${COMMON}
local most, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
if capacity > 0 then most = math.min(most, capacity - used()) end
if most <= 0 then return 0 end
local records = redis.call('RPOP', KEYS[19], most)
if not records then return 0 end
for _, record in ipairs(records) do redis.call('XADD', KEYS[3], '*', 'json', record) end
return #records
`;
