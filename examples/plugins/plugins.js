'use strict';

/**
 * A plugin is an object with a `type`, an `id`, the `apiVersion` that it is made for, and `create`,
 * which is given the connection's settings and returns the part. It is made when the connection
 * starts, so a plugin may be installed at any time before.
 *
 * Choose a part in smpp-config by its id.
 */
module.exports = (RED) => {
  const { SequenceCounter, openMemoryStore, systemClock } = require('@nazjs/node-red-smpp');
  const register = (type, id, create) => RED.plugins.registerPlugin(id, { type, apiVersion: 1, create });

  // A whole store: queue, correlation, small state. Test yours with `storeConformance` of the package.
  register('smpp-store', 'example-store', ({ settings }) =>
    openMemoryStore({ capacity: settings.queueCapacity, whenFull: settings.whenFull }),
  );

  // Only a queue; the rest stays in memory. This one tells how many messages it has taken.
  register('smpp-queue', 'example-queue', ({ settings, log }) => {
    const { queue } = openMemoryStore({ capacity: settings.queueCapacity, whenFull: settings.whenFull });
    let taken = 0;
    return {
      enqueue: async (items, options) => {
        const ids = await queue.enqueue(items, options);
        taken += ids.length;
        log.debug({ event: 'example-queue', stage: 'enqueue', taken }, `${taken} messages so far`);
        return ids;
      },
      take: (max, options) => queue.take(max, options),
      settle: (settlements) => queue.settle(settlements),
      extend: (leases) => queue.extend(leases),
      release: (leases) => queue.release(leases),
      stats: () => queue.stats(),
      purge: (options) => queue.purge(options),
      close: () => queue.close(),
    };
  });

  // Which message a message_id belongs to, forgotten when the time is over.
  register('smpp-correlator', 'example-correlator', ({ clock = systemClock }) => {
    // One message_id may name several messages; a segment of one is put again when it has its final receipt.
    const entries = new Map();
    const keyOf = ({ messageId, id, segment }) => JSON.stringify([messageId, id, segment]);
    const hasId = (entry, messageId) => entry.messageId.toLowerCase() === messageId.toLowerCase();
    return {
      put: async (added) => {
        for (const entry of added) entries.set(keyOf(entry), entry);
      },
      get: async (messageId) =>
        [...entries.values()]
          .filter((entry) => hasId(entry, messageId) && entry.expiresAt > clock.now())
          .sort((one, other) => one.acceptedAt - other.acceptedAt),
      expire: async () => {
        const before = entries.size;
        for (const [key, entry] of entries) if (entry.expiresAt <= clock.now()) entries.delete(key);
        return before - entries.size;
      },
    };
  });

  // One segment at a time, with a pause behind each.
  register('smpp-rate-limiter', 'example-rate-limiter', () => {
    const PAUSE = 20;
    let next = 0;
    return {
      acquire: async (_max, { signal }) => {
        const wait = Math.max(0, next - Date.now());
        next = Math.max(next, Date.now()) + PAUSE;
        await new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, wait);
          signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), {
            once: true,
          });
        });
        return 1;
      },
      giveBack: () => undefined,
    };
  });

  // One second of silence for each time that the centre asked for less.
  register('smpp-throttle-handler', 'example-throttle-handler', () => {
    let until = 0;
    return {
      throttled: () => (until = Date.now() + 1000),
      notThrottled: () => undefined,
      allowRequest: () => Date.now() >= until,
      throttleDelay: () => Math.max(0, until - Date.now()) / 1000,
    };
  });

  // A coding of one centre alone: send with `encoding: "example-reversed"`.
  register('smpp-codec', 'example-codec', () => ({
    name: 'example-reversed',
    data_coding: 0x0b,
    encode: (text) => Buffer.from([...text].reverse().join(''), 'latin1'),
    decode: (octets) => [...octets.toString('latin1')].reverse().join(''),
  }));

  // Begins at 1000, as some centres like it.
  register('smpp-sequence', 'example-sequence', () => new SequenceCounter(999));
};
