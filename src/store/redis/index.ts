/**
 * The store that several instances share by way of Redis.
 *
 * - `connection`  one connection, reopened with backoff; calls, their order, and what becomes of a lost reply; names of keys
 * - `lua`         all that runs in the server: a script for each call, with its KEYS, ARGV and reply; `common.ts` has the keys
 * - `queue`       messages in streams: leases are pending entries of a consumer group; dead letters; records of other programs
 * - `correlation` which message a receipt belongs to, and facts
 * - `sharing`     who lives, notices for instances, the common rate, and the events by which instances tell each other
 *
 * `shared.ts` puts together what instances share beside the queue, `store.ts` all.
 */
export { openRedisStore, type RedisStore, type RedisStoreOptions } from './store';
