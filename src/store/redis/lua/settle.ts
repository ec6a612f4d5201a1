import { COMMON } from './common';

/** The lease is over already, and was another's since: says so once. */
const OVER = `
local anyLost = redis.call('EXISTS', LOST) == 1
local function over(me, name)
  return anyLost and redis.call('ZREM', LOST, me .. '/' .. name) == 1
end
local function split(name) return tonumber(string.sub(name, 1, 1)), string.sub(name, 3) end
`;

/**
 * ARGV: instance, dead letters kept, how many notices, then (kind of settlement … as below) of these many, each
 *   done     'd' p n id …        nothing is kept of them but their entries
 *   touched  't' p n id …        there may be a state, or what was made of another program's record
 *   retry    'r' p:id pause state
 *   dead     'x' p:id letter-id letter
 *   notice   'n' p:id place instance octets    stands before the settlement that it is of
 * and at last 1 where it is sent again. Answers the places of the notices that nobody took.
 *
 * A notice goes with its settlement alone: of one that is over it is not told. Sent again, all may be over by the
 * first time: then who lives has been told, and for the others it is said again.
 */
export const SETTLE = `${COMMON}${OVER}
local me, keep, again = ARGV[1], tonumber(ARGV[2]), ARGV[#ARGV] == '1'
local untaken, notices, gone = {}, {}, {}
local function tell(name)
  local notice = notices[name]
  if notice and not TELL(notice[2], notice[3]) then untaken[#untaken + 1] = notice[1] end
end
local function ends(p, id, name)
  if not over(me, name) and redis.call('XACK', KEYS[p], G, id) == 1 then
    if next(notices) then tell(name) end
    return true
  end
  local notice = again and notices[name]
  if notice and not LIVES(notice[2]) then untaken[#untaken + 1] = notice[1] end
  return false
end
local function run(p, ids, touched)
  local count = 0
  local acked = {}
  for _, id in ipairs(ids) do
    if ends(p, id, p .. ':' .. id) then
      count = count + 1
      acked[count] = id
      if touched then forget(p, id) end
    end
    if count == 1000 then
      redis.call('XDEL', KEYS[p], unpack(acked))
      count = 0
      acked = {}
    end
  end
  if count > 0 then redis.call('XDEL', KEYS[p], unpack(acked)) end
end
local at, woken = 3, false
while at < #ARGV do
  local kind = ARGV[at]
  if kind == 'd' or kind == 't' then
    local p, count = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local ids = {}
    for i = 1, count do ids[i] = ARGV[at + 2 + i] end
    run(p, ids, kind == 't')
    at = at + 3 + count
  elseif kind == 'n' then
    notices[ARGV[at + 1]] = {tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4]}
    at = at + 5
  elseif kind == 'r' then
    local name, pause, state = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
    local p, id = split(name)
    if ends(p, id, name) then
      if pause > 0 then redis.call('ZADD', DELAYED, now() + pause, name) else back(p, id) end
      if state == '' then redis.call('HDEL', STATES, name) else redis.call('HSET', STATES, name, state) end
      woken = true
    end
    at = at + 4
  else
    local name, letterId, letter = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    local p, id = split(name)
    if ends(p, id, name) then
      redis.call('XDEL', KEYS[p], id)
      forget(p, id)
      bury(letterId, letter)
    end
    at = at + 4
  end
end
if woken then wake() end
trim(keep)
return untaken
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
    redis.call('XCLAIM', KEYS[p], G, me, 0, unpackWith(ids[p], from))
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
