/** Queues in brokers that the torture is done to, and what befalls the brokers meanwhile. */
import type { Proxy } from '../support/proxy';
import type { Server } from '../support/servers';
import { pass } from '../support/until';
import type { Hit, Place } from './torture';

/** Short, so that what a dead client had comes back soon. */
const LEASE_SECONDS = 1;
/** An instance that died is found dead after 10 s, by the next heartbeat, which come every 3 s. */
const TOLD_AFTER = 15_000;
/** After this long the connection of a dead client has been seen to end, and its messages are back. */
const REQUEUED = 300;

export const redisPlace = (queueUrl: string, keyPrefix: string): Place => ({
  options: { queue: 'redis', queueUrl, keyPrefix, leaseTime: LEASE_SECONDS },
  leaseTime: LEASE_SECONDS * 1000,
  toldAfter: TOLD_AFTER,
});

export const rabbitPlace = (queueUrl: string, keyPrefix: string): Place => ({
  options: { queue: 'rabbitmq', queueUrl, keyPrefix },
  leaseTime: REQUEUED,
  // A broker that is slow, as after a restart, counts nothing in a queue that has messages.
  idle: 5000,
});

/** A server, of the test's own. */
type Broker = Pick<Server, 'start' | 'stop' | 'kill' | 'freeze' | 'thaw'>;

/** @param proxy by which the client reaches the broker */
export function hitsOn(broker: Broker, proxy: Proxy): Hit[] {
  return [
    { name: 'the connection is cut', do: async () => proxy.cut() },
    {
      name: 'restarted',
      do: async () => {
        await broker.stop();
        await broker.start();
      },
    },
    {
      name: 'killed and away for a while',
      do: async () => {
        await broker.kill();
        await pass(2000);
        await broker.start();
      },
    },
    {
      name: 'out of reach for a while',
      do: async () => {
        await proxy.set('refuse');
        await pass(1500);
        await proxy.set('pass');
      },
    },
    {
      name: 'frozen for a while',
      do: async () => {
        broker.freeze();
        await pass(1500);
        broker.thaw();
      },
    },
  ];
}
