import { RETURNED, STREAMS } from '../keys';

/** KEYS of every script of the queue. */
export const QUEUE_KEYS: readonly string[] = [
  ...STREAMS,
  ...RETURNED,
  'delayed',
  'states',
  'prepared',
  'lost',
  'events',
  'dead',
  'dead:order',
  'waiting',
];

/**
 * What the scripts of the queue share. KEYS[1…5] are the streams by priority, KEYS[6…10] what went back to each, then those
 * of {@link QUEUE_KEYS}. A message is named `p:id`, with p from 1 and the id of its entry.
 *
 * What went back stands by the order of its entry: the score is its milliseconds, the member begins with the rest of its id.
 */
export const COMMON = `
local G = 'smpp'
local DELAYED, STATES, PREPARED, LOST, EVENTS = KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local DEAD, ORDER, WAITING = KEYS[16], KEYS[17], KEYS[18]
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local function place(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms, string.rep('0', 20 - #seq) .. seq .. ':' .. id
end
local function back(p, id)
  local ms, member = place(id)
  redis.call('ZADD', KEYS[5 + p], ms, member)
end
local function idOf(member) return string.sub(member, 22) end
local function wake() redis.call('XADD', EVENTS, 'MAXLEN', '~', 100, '*', 'wake', '1') end
local function used()
  local n = 0
  for p = 1, 5 do n = n + redis.call('XLEN', KEYS[p]) end
  return n
end
local function leased()
  local n = 0
  for p = 1, 5 do
    local some = redis.pcall('XPENDING', KEYS[p], G)
    if not some.err then n = n + some[1] end
  end
  return n
end
-- What a flat reply says of a name.
local function named(list, name)
  for i = 1, #list, 2 do if list[i] == name then return list[i + 1] end end
end
-- The last entry of the stream that was ever leased; all behind it is fresh.
local function delivered(p)
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[p])
  if not groups.err then
    for _, group in ipairs(groups) do
      if named(group, 'name') == G then return named(group, 'last-delivered-id') end
    end
  end
  return '0-0'
end
local function last(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then return '0-0' end
  return named(info, 'last-generated-id')
end
local function forget(p, id)
  local name = p .. ':' .. id
  redis.call('HDEL', STATES, name)
  redis.call('HDEL', PREPARED, name)
end
-- Takes an entry out of the queue; what it was is put behind the list.
local function remove(p, id, into)
  local entry = redis.call('XRANGE', KEYS[p], id, id)[1]
  if not entry then return end
  local name = p .. ':' .. id
  local prepared = redis.call('HGET', PREPARED, name)
  if prepared then entry[2] = {'m', prepared} end
  into[#into + 1] = {p, entry, redis.call('HGET', STATES, name) or ''}
  redis.call('XDEL', KEYS[p], id)
  forget(p, id)
end
`;
