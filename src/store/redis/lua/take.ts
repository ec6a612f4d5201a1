import { BACK, COMMON, COUNTS, FORGET, NOW, POSITIONS } from './common';

/**
 * Leases what is ready: of each priority what went back, then what is fresh. The leases of an instance that ran out are named
 * in `expired` until it or the next lease of the message clears that: so its late settlement is known for one that is over.
 *
 * KEYS: the base. ARGV: instance, how many, milliseconds after which leases have run out (0: nobody's are taken back now; else
 * the leases of all instances are looked through).
 * Replies [milliseconds until the first of those put off is due (-1: none), the last ids of the streams and of the events
 * where nothing was leased, then priority, entries, states of these].
 */
export const TAKE = `${COMMON}
local me, left, leaseTime = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local answer, anyState, anyBack = {-1, false}, false, false
local function add(p, entries)
  local states = {}
  if anyState then
    local names = {}
    for i, entry in ipairs(entries) do names[i] = p .. ':' .. entry[1] end
    states = call('HMGET', B .. 'states', unpack(names))
  end
  left = left - #entries
  answer[#answer + 1] = p
  answer[#answer + 1] = entries
  answer[#answer + 1] = states
end
local function takeFresh(p)
  local key = B .. 'queue:' .. p
  while left > 0 do
    local most = math.min(left, 1000)
    local fresh = call('XREADGROUP', 'GROUP', G, me, 'COUNT', most, 'STREAMS', key, '>')
    if not fresh then return end
    local entries = fresh[1][2]
    if #entries > 0 then add(p, entries) end
    if #entries < most then return end
  end
end
local R = B .. 'returned:'
local isPlain = leaseTime == 0
  and call('EXISTS', B .. 'delayed', B .. 'states', R .. 0, R .. 1, R .. 2, R .. 3, R .. 4) == 0
if isPlain then
  for p = 0, 4 do
    takeFresh(p)
    if left <= 0 then return answer end
  end
else
  ${NOW}${BACK}${FORGET}
  local time = now()
  for _, name in ipairs(call('ZRANGEBYSCORE', B .. 'delayed', '-inf', time, 'LIMIT', 0, 1000)) do
    back(split(name))
    call('ZREM', B .. 'delayed', name)
  end
  if leaseTime > 0 then
    for p = 0, 4 do
      local key = B .. 'queue:' .. p
      for _, one in ipairs(call('XPENDING', key, G, 'IDLE', leaseTime, '-', '+', 2000)) do
        local id, holder, name = one[1], one[2], p .. ':' .. one[1]
        call('XACK', key, G, id)
        back(p, id)
        local state = call('HGET', B .. 'states', name)
        call('HSET', B .. 'states', name, 'R' .. (state and string.sub(state, 2) or ''))
        call('ZADD', B .. 'expired', time, holder .. '/' .. name)
      end
    end
    call('ZREMRANGEBYSCORE', B .. 'expired', '-inf', time - 3600000)
  end
  anyState = call('EXISTS', B .. 'states') == 1
  anyBack = call('EXISTS', R .. 0, R .. 1, R .. 2, R .. 3, R .. 4) > 0
  local anyExpired = call('EXISTS', B .. 'expired') == 1
  for p = 0, 4 do
    local key = B .. 'queue:' .. p
    while anyBack and left > 0 do
      local found = call('ZPOPMIN', R .. p, math.min(left, 1000))
      if #found == 0 then break end
      local entries = {}
      for i = 1, #found, 2 do
        local id = idOf(found[i])
        local entry = call('XRANGE', key, id, id)[1]
        if entry then
          call('XCLAIM', key, G, me, 0, id, 'FORCE', 'JUSTID')
          if anyExpired then call('ZREM', B .. 'expired', me .. '/' .. p .. ':' .. id) end
          entries[#entries + 1] = entry
        else
          forget(p .. ':' .. id)
        end
      end
      if #entries > 0 then add(p, entries) end
    end
    takeFresh(p)
    if left <= 0 then break end
  end
  if #answer == 2 then
    local first = call('ZRANGE', B .. 'delayed', 0, 0, 'WITHSCORES')
    if first[2] then answer[1] = math.max(0, tonumber(first[2]) - time) end
  end
end
if #answer == 2 then
  ${POSITIONS}
  answer[2] = {last('queue:0'), last('queue:1'), last('queue:2'), last('queue:3'), last('queue:4'), last('events')}
end
return answer
`;

/**
 * Takes back what is leased to an instance that does not know of it: the reply was lost. Nobody has seen them, so they are as
 * they were. KEYS: the base. ARGV: instance, then the messages (p:id) whose leases it knows of.
 */
export const RECOVER = `${COMMON}${BACK}
local me, known = ARGV[1], {}
for i = 2, #ARGV do known[ARGV[i]] = true end
for p = 0, 4 do
  local key = B .. 'queue:' .. p
  local from = '-'
  while from do
    local leases = call('XPENDING', key, G, from, '+', 1000, me)
    from = #leases == 1000 and '(' .. leases[1000][1]
    for _, one in ipairs(leases) do
      if not known[p .. ':' .. one[1]] then
        call('XACK', key, G, one[1])
        back(p, one[1])
      end
    end
  end
end
return 0
`;

/**
 * Keeps what was made of other programs' records; what another instance has written before stays. KEYS: the base. ARGV:
 * messages (p:id), then for each what it is to be from now on. Replies what is there, of each.
 */
export const PREPARE = `${COMMON}
local count = #ARGV / 2
for i = 1, count do call('HSETNX', B .. 'prepared', ARGV[i], ARGV[count + i]) end
return call('HMGET', B .. 'prepared', unpack(ARGV, 1, count))
`;

/** KEYS: the base. ARGV: messages (p:id). Replies what was made of each before; nil: nothing. */
export const PREPARED_BEFORE = `${COMMON}
return call('HMGET', B .. 'prepared', unpack(ARGV))
`;

/**
 * Moves what other programs pushed at the left of a list into the stream of priority 2. KEYS: the base, the list. ARGV: how
 * many at most, capacity. Replies how many.
 */
export const DRAIN = `${COMMON}${COUNTS}
local most, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
if capacity > 0 then most = math.min(most, capacity - used()) end
if most <= 0 then return 0 end
local records = call('RPOP', KEYS[2], most)
if not records then return 0 end
for _, record in ipairs(records) do call('XADD', B .. 'queue:2', '*', 'json', record) end
return #records
`;
