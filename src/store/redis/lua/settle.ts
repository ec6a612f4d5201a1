import { CORRELATION_LUA } from '../correlation-lua';
import { COMMON } from './common';
import { NOTICES } from './notices';

/** The lease is over already, and was another's since: says so once. */
const OVER = `
local anyLost = redis.call('EXISTS', LOST) == 1
local function over(me, name)
  return anyLost and redis.call('ZREM', LOST, me .. '/' .. name) == 1
end
local function split(name) return tonumber(string.sub(name, 1, 1)), string.sub(name, 3) end
`;

/** Dead letters: their records by id, and their order. */
export const BURY = `
local function bury(id, letter)
  local newest = redis.call('ZREVRANGE', ORDER, 0, 0, 'WITHSCORES')
  redis.call('ZADD', ORDER, (tonumber(newest[2]) or 0) + 1, id)
  redis.call('HSET', DEAD, id, letter)
end
local function trim(keep)
  local excess = redis.call('ZCARD', ORDER) - keep
  while excess > 0 do
    local oldest = redis.call('ZPOPMIN', ORDER, math.min(excess, 1000))
    for i = 1, #oldest, 2 do redis.call('HDEL', DEAD, oldest[i]) end
    excess = excess - #oldest / 2
  end
end
`;

/**
 * `settle(at)`: from ARGV[at] on instance, dead letters kept, then settlements, each one of
 *
 *   'd' p n id …                      done; nothing is kept of them but their entries
 *   't' p n id …                      done; there may be a state, or what was made of another program's record
 *   'r' p:id pause state              retry, ms
 *   'x' p:id letter-id letter         dead
 *   'n' p:id place instance octets    the notice of one that comes behind it
 *
 * and at last 1 where the call is made again. Returns the places of the notices that nobody took.
 *
 * A notice goes with its settlement alone: of one that is over nothing is told. Made again, all may be over by the
 * first time: then who lives has been told, and who does not is named once more.
 */
export const SETTLE = `${OVER}${BURY}${NOTICES}
local function settle(from)
  local me, keep, again = ARGV[from], tonumber(ARGV[from + 1]), ARGV[#ARGV] == '1'
  local untaken, notices, at, woken = {}, {}, from + 2, false
  local function ends(p, id, name)
    local notice = notices[name]
    if not over(me, name) and redis.call('XACK', KEYS[p], G, id) == 1 then
      if notice and not notices_tell(notice[2], notice[3]) then untaken[#untaken + 1] = notice[1] end
      return true
    end
    if again and notice and not notices_lives(notice[2]) then untaken[#untaken + 1] = notice[1] end
    return false
  end
  local function done(p, to, touched)
    local acked, count = {}, 0
    for i = at + 3, to do
      local id = ARGV[i]
      if ends(p, id, p .. ':' .. id) then
        count = count + 1
        acked[count] = id
        if touched then forget(p, id) end
      end
      if count == 1000 or (count > 0 and i == to) then
        redis.call('XDEL', KEYS[p], unpack(acked))
        acked, count = {}, 0
      end
    end
    if count > 0 then redis.call('XDEL', KEYS[p], unpack(acked)) end
  end
  while at < #ARGV do
    local kind = ARGV[at]
    if kind == 'd' or kind == 't' then
      local to = at + 2 + tonumber(ARGV[at + 2])
      done(tonumber(ARGV[at + 1]), to, kind == 't')
      at = to + 1
    elseif kind == 'n' then
      notices[ARGV[at + 1]] = {tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4]}
      at = at + 5
    else
      local name = ARGV[at + 1]
      local p, id = split(name)
      if ends(p, id, name) then
        if kind == 'x' then
          redis.call('XDEL', KEYS[p], id)
          forget(p, id)
          bury(ARGV[at + 2], ARGV[at + 3])
        else
          local pause, state = tonumber(ARGV[at + 2]), ARGV[at + 3]
          if pause > 0 then redis.call('ZADD', DELAYED, now() + pause, name) else back(p, id) end
          if state == '' then redis.call('HDEL', STATES, name) else redis.call('HSET', STATES, name, state) end
          woken = true
        end
      end
      at = at + 4
    end
  end
  if woken then wake() end
  trim(keep)
  return untaken
end
`;

/** First what `correlation.put` takes, then what `settle` does. KEYS[19]: the base of all keys. */
export const PUT_AND_SETTLE = `${COMMON}${CORRELATION_LUA}${SETTLE}
return settle(correlation.put(KEYS[19], 1))
`;

/** ARGV: instance, then (p:id, state; '': none) of each. */
export const RELEASE = `${COMMON}${OVER}
local me, woken = ARGV[1], false
for at = 2, #ARGV, 2 do
  local name, state = ARGV[at], ARGV[at + 1]
  local p, id = split(name)
  if not over(me, name) and redis.call('XACK', KEYS[p], G, id) == 1 then
    back(p, id)
    if state == '' then redis.call('HDEL', STATES, name) else redis.call('HSET', STATES, name, state) end
    woken = true
  end
end
if woken then wake() end
return 0
`;

/** ARGV: instance, then (p:id, state; '': none, '=': as it is) of each. A lease that ran out stays so. */
export const EXTEND = `${COMMON}
local me = ARGV[1]
local anyLost = redis.call('EXISTS', LOST) == 1
local ids = {{}, {}, {}, {}, {}}
for at = 2, #ARGV, 2 do
  local name, state = ARGV[at], ARGV[at + 1]
  if not (anyLost and redis.call('ZSCORE', LOST, me .. '/' .. name)) then
    local some = ids[tonumber(string.sub(name, 1, 1))]
    some[#some + 1] = string.sub(name, 3)
    if state == '' then redis.call('HDEL', STATES, name)
    elseif state ~= '=' then redis.call('HSET', STATES, name, state) end
  end
end
for p = 1, 5 do
  for from = 1, #ids[p], 1000 do
    local args = {'XCLAIM', KEYS[p], G, me, 0}
    for i = from, math.min(from + 999, #ids[p]) do args[#args + 1] = ids[p][i] end
    args[#args + 1] = 'JUSTID'
    redis.call(unpack(args))
  end
end
return 0
`;

/** ARGV: instance. Gives back all that it has leased, and leaves the groups. */
export const LEAVE = `${COMMON}
local me, woken = ARGV[1], false
for p = 1, 5 do
  for _, one in ipairs(redis.call('XPENDING', KEYS[p], G, '-', '+', 1000000, me)) do
    redis.call('XACK', KEYS[p], G, one[1])
    back(p, one[1])
    woken = true
  end
  redis.call('XGROUP', 'DELCONSUMER', KEYS[p], G, me)
end
redis.call('HDEL', WAITING, me)
if woken then wake() end
return 0
`;
