import { randomBytes } from 'node:crypto';
import type { Context } from 'mocha';
import { systemClock, type Clock } from '../../../src/clock';
import { addressOf } from '../../../src/store/redis/connection/address';
import { RedisConnection } from '../../../src/store/redis/connection/connection';
import { Keys } from '../../../src/store/redis/connection/keys';
import { ownPrefix, redisUrl } from '../../support/brokers';

const opened: RedisConnection[] = [];

export interface Place {
  readonly url?: string;
  readonly prefix?: string;
  readonly clientId?: string;
  readonly clock?: Clock;
  away?(failure: Error | undefined): void;
}

/** Whoever calls it closes it. */
export function connectTo(url: string, place: Omit<Place, 'url'> = {}): Promise<RedisConnection> {
  const { prefix = ownPrefix(), clientId = 'c1', clock = systemClock } = place;
  return RedisConnection.open({
    address: addressOf(url, undefined),
    keys: new Keys(prefix, clientId),
    clock,
    instance: randomBytes(8).toString('hex'),
    random: randomBytes,
    away: place.away ?? (() => undefined),
  });
}

/** A connection for a test, to the server that tests share unless one is named; {@link disconnect} ends all. */
export async function connect(context: Context, place: Place = {}): Promise<RedisConnection> {
  const connection = await connectTo(place.url ?? (await redisUrl(context)), place);
  opened.push(connection);
  return connection;
}

export async function disconnect(): Promise<void> {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
}
