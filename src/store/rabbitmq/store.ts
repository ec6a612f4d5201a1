import type { ConsumeMessage } from 'amqplib';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { systemClock, type Clock } from '../../clock';
import { SmppError } from '../../protocol';
import type { Correlator, DeadLetter, QueueItem, QueueLimits, Store } from '../types';
import type { KeyValueState } from '../key-value';
import { claimStore, type Claimable, type SettleForeign, type StoreAccount } from '../account';
import { Acks } from './acks';
import { Arrivals } from './arrivals';
import { Broker } from './broker';
import { RABBITMQ } from './capabilities';
import { Consumers } from './consumers';
import { RabbitDeadLetters } from './dead-letters';
import { unavailable } from './failures';
import { Heads } from './heads';
import { Held } from './held';
import { RabbitHome } from './home';
import { openLink, type Link } from './link';
import { namesOf } from './names';
import { claimable } from './owner';
import { Publisher } from './publisher';
import { RabbitQueue } from './queue';
import { declareTopology, verifyTopology } from './topology';
import type { Source } from './source';
import { DEFAULT_URL, urlProblem } from './url';

export interface RabbitmqStoreOptions extends QueueLimits {
  /** amqp:// or amqps://, with user, password and virtual host; empty: the broker of this machine. */
  readonly url: string;
  readonly tls?: TlsOptions | undefined;
  readonly keyPrefix?: string;
  readonly clientId: string;
  /** `verify`: everything must be there; default `declare`. */
  readonly topology?: 'declare' | 'verify';
  /** Messages that each queue may deliver before one is acknowledged: as many as may be on their way at once. */
  readonly prefetch: number;
  readonly deadLetterCapacity?: number;
  readonly clock?: Clock;
  readonly random: (count: number) => Uint8Array;
  /** What AMQP has no place for: correlation and state. Closed with the store. */
  readonly rest: Pick<Store, 'limiter' | 'close'> & {
    readonly correlator: Correlator;
    readonly state: KeyValueState;
  };
  readonly prepare: (message: Readonly<Record<string, unknown>>) => Promise<QueueItem>;
  /** Whose messages these are; absent: that is not looked at. */
  readonly account?: StoreAccount | undefined;
  readonly settleForeign?: SettleForeign | undefined;
  readonly onClaimed?: (before: StoreAccount) => void;
  readonly onRefused?: (letter: DeadLetter) => void;
  readonly away?: (failure: Error | undefined) => void;
}

/** Octets of the name of an instance. */
const INSTANCE = 8;

/** Opens the store. Rejects with `QUEUE_UNAVAILABLE`, and with `STORE_ACCOUNT` where another account has messages in it. */
export async function openRabbitmqStore(options: RabbitmqStoreOptions): Promise<Store> {
  const { clientId, keyPrefix = 'smpp', clock = systemClock, random, prefetch, rest } = options;
  const { deadLetterCapacity = 1000 } = options;
  const url = options.url || DEFAULT_URL;
  const problem = urlProblem(url);
  if (problem !== undefined) {
    await rest.close();
    throw new SmppError('QUEUE_UNAVAILABLE', `queueUrl: ${problem}`);
  }
  const names = namesOf(keyPrefix, clientId);
  const topology = options.topology === 'verify' ? verifyTopology : declareTopology;
  const fail = (error: Error): void => broker.fail(error);
  const publisher = new Publisher(clock, fail);
  const held = new Held({ clock, names, publisher });
  const progress = (): void => queue.progress();
  const { prepare, onRefused = () => undefined } = options;
  const arrivals = new Arrivals({
    prepare,
    clock,
    random,
    names,
    held,
    publisher,
    onReady: progress,
    onRefused,
  });
  const onMessage = (source: Source, message: ConsumeMessage): void => arrivals.take(source, message);
  const consumers = new Consumers({ clock, names, prefetch, onMessage, onProgress: progress, fail });
  const dial = async (): Promise<Link> =>
    openLink({ url, tls: options.tls, name: `${keyPrefix}.${clientId}`, clock }, async (opening) => {
      await topology(opening.channel, names, deadLetterCapacity);
      await home.attach(opening.notices, opening.channel);
    });
  const broker: Broker = new Broker({
    clock,
    random,
    dial,
    away: (failure) => options.away?.(failure),
    blocked: (reason) => unavailable(url, `it takes no messages for now (${reason}).`),
    onUp: (link) => {
      held.attach(new Acks(link.consuming, clock, prefetch, fail));
      publisher.attach(link.publishing);
      consumers.attach(link.consuming);
      queue.changed();
    },
    onDown: () => {
      publisher.detach();
      consumers.detach();
      held.detach();
    },
  });
  const instance = Buffer.from(random(INSTANCE)).toString('hex');
  const home = new RabbitHome({ clock, names, instance, publisher, broker });
  const heads = new Heads({ clock, names, broker, publisher, consumers, held });
  const queue = new RabbitQueue(options, { clock, names, broker, publisher, consumers, held, heads, home });
  const deadLetters = new RabbitDeadLetters({ clock, names, broker, publisher, queue });
  const closeAll = async (): Promise<void> => {
    arrivals.close();
    await queue.close();
    publisher.close();
    await broker.close();
    await rest.close();
  };
  let closing: Promise<void> | undefined;
  try {
    await broker.open();
  } catch (error) {
    await closeAll();
    throw error;
  }
  const store: Store = {
    queue,
    correlator: rest.correlator,
    state: rest.state,
    deadLetters,
    home,
    ...(rest.limiter ? { limiter: rest.limiter } : {}),
    capabilities: RABBITMQ,
    close: () => (closing ??= closeAll()),
  };
  try {
    await claim(claimable(store, { clock, names, broker, publisher }), options);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function claim(store: Store & Claimable, options: RabbitmqStoreOptions): Promise<void> {
  const { account, keyPrefix = 'smpp', clientId, settleForeign, onClaimed } = options;
  if (!account) return;
  const words = {
    place: `RabbitMQ (${keyPrefix}.${clientId}.*)`,
    keep: 'give this connection another client ID or key prefix',
  };
  const before = await claimStore(store, account, words, settleForeign);
  if (before) onClaimed?.(before);
}
