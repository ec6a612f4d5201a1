import { BACK, COMMON, COUNTS, NOW, POSITIONS, REMOVE, WAKE } from './common';

/**
 * Makes streams and groups where there are none. A group that is made anew leases all entries once more, so what else is known
 * of their places goes: only then, after somebody has removed it, the cost is that of all those put off.
 *
 * KEYS: the base. Replies nothing, or the first key that holds something else, as [key, its type, the type wanted].
 */
export const OPEN = `${COMMON}
local wanted = {
  {'delayed', 'zset'}, {'states', 'hash'}, {'prepared', 'hash'}, {'expired', 'zset'}, {'events', 'stream'},
  {'dead', 'hash'}, {'dead:order', 'zset'}, {'untold', 'hash'}, {'waiting', 'hash'}, {'account', 'string'},
}
for p = 0, 4 do
  wanted[#wanted + 1] = {'queue:' .. p, 'stream'}
  wanted[#wanted + 1] = {'returned:' .. p, 'zset'}
end
for _, one in ipairs(wanted) do
  local found = call('TYPE', B .. one[1]).ok
  if found ~= one[2] and found ~= 'none' then return {B .. one[1], found, one[2]} end
end
local anew, isAnew = {}, false
for p = 0, 4 do
  local made = redis.pcall('XGROUP', 'CREATE', B .. 'queue:' .. p, G, '0', 'MKSTREAM')
  if made.err then
    if not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
  else
    call('DEL', B .. 'returned:' .. p)
    anew[tostring(p)], isAnew = true, true
  end
end
if isAnew then
  for _, name in ipairs(call('ZRANGE', B .. 'delayed', 0, -1)) do
    if anew[string.sub(name, 1, 1)] then call('ZREM', B .. 'delayed', name) end
  end
end
return {}
`;

/** Of those put off so many are looked at for the oldest. */
const LOOKED_AT = 100;

/**
 * Counts, and at most eleven entries, however long the queue is: it is asked twice a second. The oldest one is the first of those that
 * went back, or of the fresh ones, of a priority, or was put off: of these only the first to be due are compared, by when they were
 * added.
 *
 * KEYS: the base. Replies [queued, delayed, leased, then what may be the oldest of those queued, as `remove` gives it …].
 */
export const STATS = `${COMMON}${NOW}${BACK}${COUNTS}${POSITIONS}
local held = leased()
local answer = {used() - held, call('ZCOUNT', B .. 'delayed', '(' .. now(), '+inf'), held}
local function look(p, entry)
  if not entry then return end
  local prepared = call('HGET', B .. 'prepared', p .. ':' .. entry[1])
  if prepared then entry[2] = {'m', prepared} end
  answer[#answer + 1] = {tonumber(p), entry, ''}
end
local function lookAt(p, id) look(p, call('XRANGE', B .. 'queue:' .. p, id, id)[1]) end
for p = 0, 4 do
  local first = call('ZRANGE', B .. 'returned:' .. p, 0, 0)[1]
  if first then lookAt(p, idOf(first)) end
  look(p, call('XRANGE', B .. 'queue:' .. p, '(' .. delivered(p), '+', 'COUNT', 1)[1])
end
local oldest, oldestMs, oldestMember
for _, name in ipairs(call('ZRANGE', B .. 'delayed', 0, ${LOOKED_AT - 1})) do
  local _, id = split(name)
  local ms, member = place(id)
  ms = tonumber(ms)
  if not oldest or ms < oldestMs or (ms == oldestMs and member < oldestMember) then
    oldest, oldestMs, oldestMember = name, ms, member
  end
end
if oldest then lookAt(split(oldest)) end
return answer
`;

/** KEYS: the base. Replies the last id of each stream: what a purge that begins now is about. */
export const BOUNDS = `${COMMON}${POSITIONS}
return {last('queue:0'), last('queue:1'), last('queue:2'), last('queue:3'), last('queue:4')}
`;

/**
 * Removes a chunk of what is not leased. KEYS: the base; the latest chunk of this instance, which is kept for a while should the
 * reply be lost. ARGV: how many at most, the last id of each stream, number of the chunk. Replies what it has removed, as
 * `remove` gives it; fewer than asked for: that is all.
 */
export const PURGE = `${COMMON}${BACK}${POSITIONS}${REMOVE}
local kept = call('HMGET', KEYS[2], 'chunk', 'gone')
if kept[1] == ARGV[7] then return cmsgpack.unpack(kept[2]) end
local most, gone = tonumber(ARGV[1]), {}
local function within(p, id)
  local ms, member = place(id)
  local lastMs, lastMember = place(ARGV[2 + p])
  ms, lastMs = tonumber(ms), tonumber(lastMs)
  return ms < lastMs or (ms == lastMs and string.sub(member, 1, 20) <= string.sub(lastMember, 1, 20))
end
for p = 0, 4 do
  for _, member in ipairs(call('ZRANGE', B .. 'returned:' .. p, 0, most - #gone - 1)) do
    if #gone >= most or not within(p, idOf(member)) then break end
    call('ZREM', B .. 'returned:' .. p, member)
    remove(p, idOf(member), gone)
  end
  if #gone < most then
    local fresh = call('XRANGE', B .. 'queue:' .. p, '(' .. delivered(p), ARGV[2 + p], 'COUNT', most - #gone)
    for _, entry in ipairs(fresh) do remove(p, entry[1], gone) end
  end
end
if #gone < most then
  for _, name in ipairs(call('ZRANGE', B .. 'delayed', 0, most - #gone - 1)) do
    local p, id = split(name)
    call('ZREM', B .. 'delayed', name)
    remove(p, id, gone)
  end
end
call('HSET', KEYS[2], 'chunk', ARGV[7], 'gone', cmsgpack.pack(gone))
call('PEXPIRE', KEYS[2], 60000)
return gone
`;

/** What was put off is ready. KEYS: the base. ARGV: how many at most. Replies how many are put off yet. */
export const HASTEN = `${COMMON}${BACK}${WAKE}
local popped = call('ZPOPMIN', B .. 'delayed', ARGV[1])
for at = 1, #popped, 2 do back(split(popped[at])) end
if #popped > 0 then wake() end
return call('ZCARD', B .. 'delayed')
`;

/**
 * Removes consumers that have nothing leased and did nothing for so long: nearly all of them are gone. KEYS: the base. ARGV:
 * milliseconds.
 */
export const SWEEP = `${COMMON}${POSITIONS}
for p = 0, 4 do
  for _, one in ipairs(call('XINFO', 'CONSUMERS', B .. 'queue:' .. p, G)) do
    if named(one, 'pending') == 0 and named(one, 'idle') > tonumber(ARGV[1]) then
      call('XGROUP', 'DELCONSUMER', B .. 'queue:' .. p, G, named(one, 'name'))
    end
  end
end
return 0
`;

/** KEYS: the base. Replies [the account, messages, dead letters]. */
export const HOLDINGS = `${COMMON}${COUNTS}
return {call('GET', B .. 'account'), used(), call('ZCARD', B .. 'dead:order')}
`;
