import { GROUP, MOST_EVENTS } from '../connection/keys';

/**
 * What the scripts of the queue share, in pieces, as each call defines anew what it holds. The base of all keys is
 * `smpp:{id}:`; all keys have its hash tag, so that in a Cluster they are where it is. No script costs more the longer the queue
 * is: what is about many messages is done in chunks, one a call.
 *
 *   queue:<p>      stream of the messages of a priority, p from 0; consumer group `smpp`, leases are its pending entries
 *   returned:<p>   what went back: sorted set by the order of the entries; comes before all that was never leased
 *   delayed        what was put off, by the server's time at which it is due
 *   states         what happened to messages: hash, see `writeState`; only where something did
 *   prepared       what was made of other programs' records: hash
 *   expired        leases that ran out, `instance/p:id` by time
 *   dead           dead letters by id: hash; dead:order: their order; untold: which instance is to tell of them
 *   batches:<instance>, purged:<instance>   by which a call whose reply was lost is known when it is made again
 *   waiting        which instances have batches that wait for room: hash
 *   events         see `keys.ts`
 *
 * A message is named `p:id`, with the id of its entry. In the sorted sets of what went back the score is the milliseconds of
 * that, and the member begins with the rest of it, padded, so that their order is that of the streams.
 */
export const COMMON = `
local G, B = '${GROUP}', KEYS[1]
local call = redis.call
`;

/** Milliseconds by the server's clock. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

export const BACK = `
local function place(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms, string.rep('0', 20 - #seq) .. seq .. ':' .. id
end
local function back(p, id)
  local ms, member = place(id)
  call('ZADD', B .. 'returned:' .. p, ms, member)
end
local function idOf(member) return string.sub(member, 22) end
local function split(name) return string.sub(name, 1, 1), string.sub(name, 3) end
`;

/** Others look at once for what there is to take. */
export const WAKE = `
local function wake() call('XADD', B .. 'events', 'MAXLEN', '~', ${MOST_EVENTS}, '*', 'wake', '1') end
`;

export const COUNTS = `
local function used()
  local n = 0
  for p = 0, 4 do n = n + call('XLEN', B .. 'queue:' .. p) end
  return n
end
local function leased()
  local n = 0
  for p = 0, 4 do
    local some = redis.pcall('XPENDING', B .. 'queue:' .. p, G)
    if not some.err then n = n + some[1] end
  end
  return n
end
`;

export const POSITIONS = `
local function named(list, name)
  for i = 1, #list, 2 do if list[i] == name then return list[i + 1] end end
end
-- The last entry of the stream that was ever leased; all behind it is fresh.
local function delivered(p)
  local groups = redis.pcall('XINFO', 'GROUPS', B .. 'queue:' .. p)
  if not groups.err then
    for _, group in ipairs(groups) do
      if named(group, 'name') == G then return named(group, 'last-delivered-id') end
    end
  end
  return '0-0'
end
local function last(name)
  local info = redis.pcall('XINFO', 'STREAM', B .. name)
  if info.err then return '0-0' end
  return named(info, 'last-generated-id')
end
`;

export const FORGET = `
local function forget(name)
  call('HDEL', B .. 'states', name)
  call('HDEL', B .. 'prepared', name)
end
`;

/** Takes an entry out of the queue; what it was is put behind the list. */
export const REMOVE = `${FORGET}
local function remove(p, id, into)
  local key, name = B .. 'queue:' .. p, p .. ':' .. id
  local entry = call('XRANGE', key, id, id)[1]
  if not entry then return end
  local prepared = call('HGET', B .. 'prepared', name)
  if prepared then entry[2] = {'m', prepared} end
  into[#into + 1] = {tonumber(p), entry, call('HGET', B .. 'states', name) or ''}
  call('XDEL', key, id)
  forget(name)
end
`;
