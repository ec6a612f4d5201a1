import type { Log } from '../../observability';
import { canonicalHost, claimStore, forgetSmsc, holdsAnything, isSameAccount, readAccount } from '../account';
import type { Claimable, Holdings, StoreAccount } from '../account';
import type { BackendContext } from '../backend';
import { SmppError } from '../../protocol';
import type { DeadLetters, Store } from '../types';
import { REDIS } from './capabilities';
import { addressOf, placeOf } from './connection/address';
import type { RedisCalls } from './connection/calls';
import { RedisConnection } from './connection/connection';
import { RedisDeadLetters } from './queue/dead-letters';
import { Keys } from './connection/keys';
import { RedisQueue } from './queue/queue';
import { RecordCodec } from './queue/record';
import { SCRIPTS } from './lua/queue-scripts';
import { openShared, type SharedParts } from './shared';

export interface RedisStore extends Store, Claimable {
  readonly deadLetters: DeadLetters;
}

export interface RedisStoreOptions {
  /** Messages that failed for good and are kept; beyond that the oldest go. Default 1,000. */
  readonly deadLetterCapacity?: number;
}

/** Connects, and makes what is missing. Rejects with `QUEUE_UNAVAILABLE` or `STORE_ACCOUNT`. */
export async function openRedisStore(
  context: BackendContext,
  { deadLetterCapacity = 1000 }: RedisStoreOptions = {},
): Promise<RedisStore> {
  const { options, clock, random, account, log } = context;
  const address = addressOf(options.queueUrl, options.queueTls);
  const keys = new Keys(options.keyPrefix, options.clientId);
  const instance = Buffer.from(random(8)).toString('hex');
  const connection = await RedisConnection.open({
    address,
    keys,
    clock,
    instance,
    random,
    away: (failure) => context.away(failure),
  });
  let shared: SharedParts | undefined;
  try {
    await makeKeys(connection, placeOf(address));
    const { burst, correlationCapacity } = options;
    shared = await openShared(connection, { burst, correlationCapacity, log });
    const store = assemble(connection, shared, context, deadLetterCapacity);
    const words = {
      place: `Redis at ${placeOf(address)} under ${keys.base}`,
      keep: 'give this connection another clientId or keyPrefix',
    };
    const before = await claimStore(store, account, words, context.settleForeign);
    if (before) context.onClaimed(before);
    await warnOfEviction(connection, context.log, placeOf(address));
    // Not before: an account that is refused changes nothing for the others.
    shared.limiter.setRate(options.sendRate);
    return store;
  } catch (error) {
    await shared?.close();
    await connection.close();
    throw error;
  }
}

/** Streams and their groups; nothing is changed where a key holds something else. */
async function makeKeys(calls: RedisCalls, place: string): Promise<void> {
  const [key, found, wanted] = ((await calls.run(SCRIPTS.open, [])) as Buffer[]).map(String);
  if (key === undefined) return;
  throw new SmppError(
    'QUEUE_UNAVAILABLE',
    `Redis at ${place}: the key ${key} holds a ${found ?? ''}, not a ${wanted ?? ''} of this queue, so another program has put it there; ` +
      'nothing was changed. Rename that key, or set another keyPrefix or clientId.',
  );
}

/** Where the server may not be asked, nothing is said. */
async function warnOfEviction(calls: RedisCalls, log: Log, place: string): Promise<void> {
  const info = String(await calls.command(['INFO', 'memory']).catch(() => ''));
  const [, policy = ''] = /^maxmemory_policy:(\S+)/m.exec(info) ?? [];
  if (policy === '' || policy === 'noeviction' || /^maxmemory:0\r?$/m.test(info)) return;
  log.warn(
    { event: 'queue', stage: 'eviction', policy },
    `Redis at ${place}: its maxmemory-policy is ${policy}, so it drops messages or what is known of them when its memory is full; ` +
      'set it to noeviction',
  );
}

function assemble(
  calls: RedisConnection,
  shared: SharedParts,
  context: BackendContext,
  deadLetterCapacity: number,
): RedisStore {
  const { limits, options } = context;
  const { correlator, state, home, limiter } = shared;
  const codec = new RecordCodec();
  const queue = new RedisQueue({
    calls,
    codec,
    context,
    deadLetterCapacity,
    correlationArgs: (entries) => correlator.argumentsOf(entries),
  });
  const deadLetters = new RedisDeadLetters({
    calls,
    codec,
    limits,
    capacity: deadLetterCapacity,
    onReplayed: () => queue.wake(),
  });
  return {
    queue,
    correlator,
    state,
    deadLetters,
    home,
    limiter,
    capabilities: REDIS,
    leaseTime: options.leaseTime,
    settle: (entries, settlements) => queue.settleWith(entries, settlements),
    foreign: async (account) => {
      const { owner, ...some } = await readHoldings(calls);
      if (!owner || isSameAccount(owner, account)) return undefined;
      const holdings: Holdings = { ...some, awaitedReceipts: await correlator.awaited() };
      return holdsAnything(holdings) ? { owner, holdings } : undefined;
    },
    own: async (account) => {
      const { owner } = await readHoldings(calls);
      const before = owner && !isSameAccount(owner, account) ? owner : undefined;
      if (before) await forgetSmsc({ state });
      await calls.command(['SET', calls.keys.of('account'), JSON.stringify(written(account))]);
      return before;
    },
    forgetAwaited: () => correlator.forgetAwaited(),
    tellUntold: (tell) => deadLetters.tellUntold(tell),
    close: async () => {
      deadLetters.close();
      // Each waits for the server for a while.
      await Promise.all([queue.close(), shared.close()]);
      await calls.close();
    },
  };
}

function written({ host, systemId, failover }: StoreAccount): StoreAccount {
  return { host: canonicalHost(host), systemId, ...(failover ? { failover } : {}) };
}

/** Whose the keys are; undefined: nobody's yet. */
async function readHoldings(
  calls: RedisCalls,
): Promise<{ owner: StoreAccount | undefined; messages: number; deadLetters: number }> {
  const [owner, messages, deadLetters] = (await calls.run(SCRIPTS.holdings, [])) as [
    Buffer | null,
    number,
    number,
  ];
  return { owner: owner ? readAccount(owner) : undefined, messages, deadLetters };
}
