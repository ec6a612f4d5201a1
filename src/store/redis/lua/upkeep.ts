import { COMMON } from './common';

/**
 * Makes streams and groups where there are none. Answers the first key that holds something else, as [key, its type, the type
 * wanted]. A group that is made anew leases all entries once more, so what else is known of their places goes.
 */
export const OPEN = `${COMMON}
local wanted = {}
for p = 1, 5 do wanted[p], wanted[5 + p] = 'stream', 'zset' end
local rest = {'zset', 'hash', 'hash', 'zset', 'stream', 'hash', 'zset', 'hash'}
for i, kind in ipairs(rest) do wanted[10 + i] = kind end
for i, kind in ipairs(wanted) do
  local found = redis.call('TYPE', KEYS[i]).ok
  if found ~= kind and found ~= 'none' then return {KEYS[i], found, kind} end
end
for p = 1, 5 do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[p], G, '0', 'MKSTREAM')
  if made.err then
    if not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
  else
    redis.call('DEL', KEYS[5 + p])
    for _, name in ipairs(redis.call('ZRANGE', DELAYED, 0, -1)) do
      if tonumber(string.sub(name, 1, 1)) == p then redis.call('ZREM', DELAYED, name) end
    end
  end
end
return {}
`;

/**
 * Answers [queued, delayed, leased, then some that may be the oldest of those queued, as `remove` gives them]. The first of
 * those that went back and of the fresh ones of each priority are looked at, and the first hundred of those put off.
 */
export const STATS = `${COMMON}
local held = leased()
local answer = {used() - held, redis.call('ZCOUNT', DELAYED, '(' .. now(), '+inf'), held}
local function look(p, entry)
  if not entry then return end
  local prepared = redis.call('HGET', PREPARED, p .. ':' .. entry[1])
  if prepared then entry[2] = {'m', prepared} end
  answer[#answer + 1] = {p, entry, ''}
end
for p = 1, 5 do
  local first = redis.call('ZRANGE', KEYS[5 + p], 0, 0)[1]
  if first then look(p, redis.call('XRANGE', KEYS[p], idOf(first), idOf(first))[1]) end
  look(p, redis.call('XRANGE', KEYS[p], '(' .. delivered(p), '+', 'COUNT', 1)[1])
end
for _, name in ipairs(redis.call('ZRANGE', DELAYED, 0, 99)) do
  local p, id = tonumber(string.sub(name, 1, 1)), string.sub(name, 3)
  look(p, redis.call('XRANGE', KEYS[p], id, id)[1])
end
return answer
`;

/** Answers the last id of each stream: what a purge that begins now is about. */
export const BOUNDS = `${COMMON}
return {last(KEYS[1]), last(KEYS[2]), last(KEYS[3]), last(KEYS[4]), last(KEYS[5])}
`;

/** ARGV: how many at most, the last id of each stream. Removes what is not leased; answers it, fewer than asked for: that is all. */
export const PURGE = `${COMMON}
local most, gone = tonumber(ARGV[1]), {}
local function within(p, id)
  local ms, member = place(id)
  local lastMs, lastMember = place(ARGV[1 + p])
  ms, lastMs = tonumber(ms), tonumber(lastMs)
  return ms < lastMs or (ms == lastMs and string.sub(member, 1, 20) <= string.sub(lastMember, 1, 20))
end
for p = 1, 5 do
  for _, member in ipairs(redis.call('ZRANGE', KEYS[5 + p], 0, most - #gone - 1)) do
    if #gone >= most or not within(p, idOf(member)) then break end
    redis.call('ZREM', KEYS[5 + p], member)
    remove(p, idOf(member), gone)
  end
  if #gone < most then
    local fresh = redis.call('XRANGE', KEYS[p], '(' .. delivered(p), ARGV[1 + p], 'COUNT', most - #gone)
    for _, entry in ipairs(fresh) do remove(p, entry[1], gone) end
  end
end
if #gone < most then
  for _, name in ipairs(redis.call('ZRANGE', DELAYED, 0, most - #gone - 1)) do
    local p, id = tonumber(string.sub(name, 1, 1)), string.sub(name, 3)
    redis.call('ZREM', DELAYED, name)
    remove(p, id, gone)
  end
end
return gone
`;

/** All that were put off are ready. */
export const HASTEN = `${COMMON}
for _, name in ipairs(redis.call('ZRANGE', DELAYED, 0, -1)) do
  back(tonumber(string.sub(name, 1, 1)), string.sub(name, 3))
end
redis.call('DEL', DELAYED)
wake()
return 0
`;

/** ARGV: milliseconds. Removes consumers that have nothing leased and did nothing for so long: nearly all of them are gone. */
export const SWEEP = `${COMMON}
for p = 1, 5 do
  for _, one in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[p], G)) do
    if named(one, 'pending') == 0 and named(one, 'idle') > tonumber(ARGV[1]) then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[p], G, named(one, 'name'))
    end
  end
end
return 0
`;

/** Answers [the account, messages, dead letters]. KEYS[19]: the account. */
export const HOLDINGS = `${COMMON}
return {redis.call('GET', KEYS[19]), used(), redis.call('ZCARD', ORDER)}
`;
