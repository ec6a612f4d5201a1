/**
 * The store that several instances share by way of Redis. `lua/` has what the server does, one script for each call; around
 * it: the connection and how it comes back (connection, dial, blocking, faults), who waits for messages or room (takers, room),
 * records of other programs (intake, drain), what instances share beside the queue (shared: correlator, state, home, limiter,
 * and the events by which they tell each other), and what puts it together (store).
 */
export { openRedisStore, type RedisStore, type RedisStoreOptions } from './store';
