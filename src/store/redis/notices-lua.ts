/** Notices that wait for one instance, at most: what is told beyond that is not taken. */
export const MOST_NOTICES = 100_000;

/**
 * Functions for scripts; `base` is an expression for the base of all keys (`smpp:{id}:`).
 *
 * - `LIVES(instance)`: whether it takes notices. It does until another has found it dead and taken over what it has.
 * - `TELL(instance, octets)`: puts a notice into its stream `home:<instance>`; false: it was not taken.
 *
 * `instances` is a sorted set of the living, by when they are dead unless they are heard of (ms by the server's clock).
 */
export const noticesLua = (base: string): string => `
local function LIVES(instance) return redis.call('ZSCORE', ${base} .. 'instances', instance) and true end
local function TELL(instance, octets)
  local home = ${base} .. 'home:' .. instance
  if not LIVES(instance) or redis.call('XLEN', home) >= ${MOST_NOTICES} then return false end
  redis.call('XADD', home, '*', 'n', octets)
  return true
end
`;
