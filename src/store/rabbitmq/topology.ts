import type { Channel } from 'amqplib';
import { KEYS, DELAYS, PRIORITIES, type Names } from './names';

/**
 * Returned messages stay in the queue for ever: what counts tries is their record. Explicit, for RabbitMQ 4 limits a
 * quorum queue to 20 where nothing is said, and before 4 a queue without a limit puts what is returned at its end.
 */
const DELIVERY_LIMIT = 2 ** 31 - 1;
/** Milliseconds after which a notice that its instance did not take goes to another. */
const NOTICE_TTL = 30_000;
/** Milliseconds that the queue of a dead instance stays: longer than any notice in it. */
const HOME_EXPIRES = 120_000;

type Arguments = Readonly<Record<string, string | number>>;

interface DeclaredQueue {
  readonly name: string;
  readonly arguments: Arguments;
  readonly exchange: string;
  /** Routing key, or header, that leads to it. */
  readonly key: string;
  readonly headers?: Arguments;
}

const quorum: Arguments = { 'x-queue-type': 'quorum', 'x-delivery-limit': DELIVERY_LIMIT };

/** What leaves the queue by a limit or its age goes to the exchange, and leaves only when it is stored there. */
const deadLettered = (exchange: string, key?: string): Arguments => ({
  'x-dead-letter-exchange': exchange,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
  ...(key === undefined ? {} : { 'x-dead-letter-routing-key': key }),
});

/** All queues of a connection but those of single instances. */
export function queuesOf(names: Names, deadLetterCapacity: number): readonly DeclaredQueue[] {
  const { exchange } = names;
  const limited = { ...quorum, ...deadLettered(exchange, KEYS.dead) };
  return [
    ...PRIORITIES.flatMap((priority) => [
      { name: names.queue(priority), arguments: limited, exchange, key: KEYS.queue(priority) },
      { name: names.retry(priority), arguments: limited, exchange, key: KEYS.retry(priority) },
    ]),
    ...DELAYS.map((seconds) => ({
      name: names.delay(seconds),
      // By the routing key that the message came with: back to its priority.
      arguments: { ...quorum, ...deadLettered(exchange), 'x-message-ttl': seconds * 1000 },
      exchange: names.delayExchange,
      key: '',
      headers: { 'x-match': 'all', delay: seconds },
    })),
    {
      name: names.dead,
      arguments: { ...quorum, 'x-max-length': deadLetterCapacity, 'x-overflow': 'drop-head' },
      exchange,
      key: KEYS.dead,
    },
    { name: names.notices, arguments: quorum, exchange, key: KEYS.notices },
    {
      name: names.account,
      arguments: { ...quorum, 'x-max-length': 1, 'x-overflow': 'drop-head' },
      exchange,
      key: KEYS.account,
    },
  ];
}

function homeOf(names: Names, instance: string, name: string): DeclaredQueue {
  const ends = { 'x-message-ttl': NOTICE_TTL, 'x-expires': HOME_EXPIRES };
  return {
    name,
    arguments: { ...quorum, ...deadLettered(names.exchange, KEYS.notices), ...ends },
    exchange: names.exchange,
    key: KEYS.home(instance),
  };
}

/** What is being declared or looked for; said in the error where the broker refuses it. */
export class TopologyError extends Error {
  readonly what: string;

  constructor(what: string, cause: Error) {
    super(cause.message, { cause });
    this.what = what;
  }
}

async function named<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new TopologyError(what, error as Error);
  }
}

async function declareQueue(channel: Channel, queue: DeclaredQueue): Promise<void> {
  const { name, exchange, key, headers } = queue;
  const what = `queue ${name}`;
  await named(what, channel.assertQueue(name, { durable: true, arguments: queue.arguments }));
  await named(what, channel.bindQueue(name, exchange, key, headers));
}

/** Declares what is not there yet. What is there and otherwise is refused by the broker, and stays as it is. */
export async function declareTopology(
  channel: Channel,
  names: Names,
  deadLetterCapacity: number,
): Promise<void> {
  const { exchange, delayExchange } = names;
  const durable = { durable: true };
  await Promise.all([
    named(`exchange ${exchange}`, channel.assertExchange(exchange, 'direct', durable)),
    named(`exchange ${delayExchange}`, channel.assertExchange(delayExchange, 'headers', durable)),
    ...queuesOf(names, deadLetterCapacity).map((queue) => declareQueue(channel, queue)),
  ]);
}

/** Looks whether all is there; that it is bound as it must be shows when something is published. */
export async function verifyTopology(
  channel: Channel,
  names: Names,
  deadLetterCapacity: number,
): Promise<void> {
  for (const exchange of [names.exchange, names.delayExchange])
    await named(`exchange ${exchange}`, channel.checkExchange(exchange));
  for (const { name } of queuesOf(names, deadLetterCapacity))
    await named(`queue ${name}`, channel.checkQueue(name));
}

/** The queue of this instance, which no operator can declare beforehand. */
export async function declareHome(
  channel: Channel,
  names: Names,
  instance: string,
  name: string,
): Promise<void> {
  await declareQueue(channel, homeOf(names, instance, name));
}

/** Another queue instead of `lost`, without a moment in which the instance seems dead. */
export async function replaceHome(
  channel: Channel,
  names: Names,
  instance: string,
  lost: string,
  name: string,
): Promise<void> {
  await declareHome(channel, names, instance, name);
  await channel.unbindQueue(lost, names.exchange, KEYS.home(instance));
}
