import { CORRELATION_LUA } from './correlation';
import { noticesLua } from './home';
import { BACK, COMMON, FORGET, NOW, WAKE } from './common';

/** The lease is over already, and was another's since: says so once. */
const OVER = `
local anyExpired = call('EXISTS', B .. 'expired') == 1
local function over(me, name)
  return anyExpired and call('ZREM', B .. 'expired', me .. '/' .. name) == 1
end
`;

/** Dead letters: their records by id, and their order. */
export const BURY = `
local function bury(id, letter)
  local newest = call('ZREVRANGE', B .. 'dead:order', 0, 0, 'WITHSCORES')
  call('ZADD', B .. 'dead:order', (tonumber(newest[2]) or 0) + 1, id)
  call('HSET', B .. 'dead', id, letter)
end
local function trim(keep)
  local excess = call('ZCARD', B .. 'dead:order') - keep
  while excess > 0 do
    local oldest = call('ZPOPMIN', B .. 'dead:order', math.min(excess, 1000))
    for i = 1, #oldest, 2 do
      call('HDEL', B .. 'dead', oldest[i])
      call('HDEL', B .. 'untold', oldest[i])
    end
    excess = excess - #oldest / 2
  end
end
`;

/**
 * `settle(at)`: from ARGV[at] on instance, dead letters kept, then settlements, each one of
 *
 *   'd' p n id …                      done; nothing is kept of them but their entries, and they have no notice
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
export const SETTLE = `${BACK}${FORGET}${OVER}
local function settle(from)
  local me, keep, again = ARGV[from], tonumber(ARGV[from + 1]), ARGV[#ARGV] == '1'
  local untaken, notices, at, woken, buried, isTold = {}, {}, from + 2, false, false, false
  ${NOW}${WAKE}${BURY}${noticesLua('B')}
  local function ends(p, id, name)
    local notice = notices[name]
    if not over(me, name) and call('XACK', B .. 'queue:' .. p, G, id) == 1 then
      isTold = notice and TELL(notice[2], notice[3])
      if notice and not isTold then untaken[#untaken + 1] = notice[1] end
      return true
    end
    if again and notice and not LIVES(notice[2]) then untaken[#untaken + 1] = notice[1] end
    return false
  end
  while at < #ARGV do
    local kind = ARGV[at]
    if kind == 'd' or kind == 't' then
      local p, to = ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
      local key = B .. 'queue:' .. p
      for i = at + 3, to do
        local name = p .. ':' .. ARGV[i]
        if ends(p, ARGV[i], name) then
          call('XDEL', key, ARGV[i])
          if kind == 't' then forget(name) end
        end
      end
      at = to + 1
    elseif kind == 'n' then
      notices[ARGV[at + 1]] = {tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4]}
      at = at + 5
    else
      local name = ARGV[at + 1]
      local p, id = split(name)
      if ends(p, id, name) then
        if kind == 'x' then
          call('XDEL', B .. 'queue:' .. p, id)
          forget(name)
          bury(ARGV[at + 2], ARGV[at + 3])
          -- Whoever takes the notice tells of it; else this instance does, which may die before.
          if not isTold then call('HSET', B .. 'untold', ARGV[at + 2], me) end
          buried = true
        else
          local pause, state = tonumber(ARGV[at + 2]), ARGV[at + 3]
          if pause > 0 then call('ZADD', B .. 'delayed', now() + pause, name) else back(p, id) end
          if state == '' then call('HDEL', B .. 'states', name) else call('HSET', B .. 'states', name, state) end
          woken = true
        end
      end
      at = at + 4
    end
  end
  if woken then wake() end
  if buried then trim(keep) end
  return untaken
end
`;

/**
 * The settlements at ARGV[at] are all 'd', of one priority, and nobody's lease ran out: they go in two calls. Where some were not
 * leased any more, that is nothing that is known of here: those that are to come again are left, and all others are done.
 */
const SETTLE_PLAIN = `
local function settlePlain(at)
  if ARGV[at + 2] ~= 'd' or call('EXISTS', B .. 'expired') == 1 then return false end
  local p, count = ARGV[at + 3], tonumber(ARGV[at + 4])
  if count > 5000 or at + 5 + count ~= #ARGV then return false end
  local key, to = B .. 'queue:' .. p, at + 4 + count
  if call('XACK', key, G, unpack(ARGV, at + 5, to)) == count then
    call('XDEL', key, unpack(ARGV, at + 5, to))
    return true
  end
  ${BACK}
  for i = at + 5, to do
    local id = ARGV[i]
    local _, member = place(id)
    local isPending = redis.pcall('XPENDING', key, G, id, id, 1)[1]
    local isBack = call('ZSCORE', B .. 'returned:' .. p, member) or call('ZSCORE', B .. 'delayed', p .. ':' .. id)
    if not isPending and not isBack then call('XDEL', key, id) end
  end
  return true
end
`;

/**
 * Puts correlations and settles in one step. KEYS: the base. ARGV: what `correlation.put` takes, then what `settle` does, at last
 * 1 where the call is made again. Replies the places of the notices that nobody took.
 */
export const PUT_AND_SETTLE = `${COMMON}
local at = 4
if ARGV[1] ~= '0' then
  ${CORRELATION_LUA}
  at = correlation.put(B, 1)
end
${SETTLE_PLAIN}
if settlePlain(at) then return {} end
${SETTLE}
return settle(at)
`;

/** Gives leases back. KEYS: the base. ARGV: instance, then (p:id, state; '': none) of each. */
export const RELEASE = `${COMMON}${BACK}${WAKE}${OVER}
local me, woken = ARGV[1], false
for at = 2, #ARGV, 2 do
  local name, state = ARGV[at], ARGV[at + 1]
  local p, id = split(name)
  if not over(me, name) and call('XACK', B .. 'queue:' .. p, G, id) == 1 then
    back(p, id)
    if state == '' then call('HDEL', B .. 'states', name) else call('HSET', B .. 'states', name, state) end
    woken = true
  end
end
if woken then wake() end
return 0
`;

/**
 * Leases last for a lease time from now on; one that ran out stays so. KEYS: the base. ARGV: instance, then (p:id, state; '':
 * none, '=': as it is) of each.
 */
export const EXTEND = `${COMMON}${BACK}
local me = ARGV[1]
local anyExpired = call('EXISTS', B .. 'expired') == 1
local ids = {}
for at = 2, #ARGV, 2 do
  local name, state = ARGV[at], ARGV[at + 1]
  if not (anyExpired and call('ZSCORE', B .. 'expired', me .. '/' .. name)) then
    local p, id = split(name)
    ids[p] = ids[p] or {}
    table.insert(ids[p], id)
    if state == '' then call('HDEL', B .. 'states', name)
    elseif state ~= '=' then call('HSET', B .. 'states', name, state) end
  end
end
for p, some in pairs(ids) do
  for from = 1, #some, 1000 do
    local args = {'XCLAIM', B .. 'queue:' .. p, G, me, 0}
    for i = from, math.min(from + 999, #some) do args[#args + 1] = some[i] end
    args[#args + 1] = 'JUSTID'
    call(unpack(args))
  end
end
return 0
`;

/**
 * Gives back what an instance has leased; when nothing is left it leaves the groups. KEYS: the base. ARGV: instance, how many
 * leases at most. Replies 1, or 0 where there may be more.
 */
export const LEAVE = `${COMMON}${BACK}${WAKE}
local me, most = ARGV[1], tonumber(ARGV[2])
local left = most
for p = 0, 4 do
  local key = B .. 'queue:' .. p
  local leases = left > 0 and call('XPENDING', key, G, '-', '+', left, me) or {}
  for _, one in ipairs(leases) do
    call('XACK', key, G, one[1])
    back(p, one[1])
  end
  left = left - #leases
end
if left < most then wake() end
if left == 0 then return 0 end
for p = 0, 4 do call('XGROUP', 'DELCONSUMER', B .. 'queue:' .. p, G, me) end
call('HDEL', B .. 'waiting', me)
call('DEL', B .. 'batches:' .. me, B .. 'purged:' .. me)
return 1
`;
