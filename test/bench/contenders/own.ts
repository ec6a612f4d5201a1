import { createRequire } from 'node:module';
import * as path from 'node:path';
import { destination, pino } from 'pino';
import type * as Library from '../../../src';
import { DESTINATION, SOURCE, TEXT, type Contender } from './types';

/** As it is shipped: compiled. */
function library(): typeof Library {
  return createRequire(__filename)(path.resolve(__dirname, '../../../dist/src')) as typeof Library;
}

/** Enough messages that wait for the window never to run dry. */
const WAITING = 1000;
const BATCH = 1000;
/** Milliseconds; Prometheus does it every 15 seconds or so. */
const SCRAPED_EVERY = 1000;

/** The whole road of this package: intake, queue, window, correlation, outcome. */
export const own: Contender = {
  title: 'this package',
  async open(setting) {
    const {
      port,
      window,
      options = {},
      message: fields = {},
      backlog = 0,
      correlations = 0,
      receives,
    } = setting;
    const { SmppClient, Metrics } = library();
    const metrics = setting.metrics ? new Metrics() : undefined;
    // The first scrape loads prom-client.
    await metrics?.text();
    const scrapes = metrics && setInterval(() => void metrics.text(), SCRAPED_EVERY);
    const known = correlations > 0 ? { queue: await storeWith(correlations) } : {};
    const { logLevel } = options;
    const lines = pino(
      { level: typeof logLevel === 'string' ? logLevel : 'silent' },
      destination('/dev/null'),
    );
    const client = new SmppClient({
      port,
      windowSize: window,
      systemId: 'bench',
      logLevel: 'silent',
      log: lines,
      ...known,
      ...(metrics ? { metrics } : {}),
      ...options,
    });
    let told: (id: string | undefined) => void = () => undefined;
    if (receives) client.on('receipt', ({ id }) => told(id));
    let answered: () => void = () => undefined;
    if (backlog > 0) client.on('response', () => answered());
    await client.start({ failFast: true });
    const message = {
      source_addr: SOURCE,
      destination_addr: DESTINATION,
      short_message: TEXT,
      ...fields,
    };
    for (let queued = 0; queued < backlog; queued += BATCH)
      await client.enqueue(Array<typeof message>(Math.min(BATCH, backlog - queued)).fill(message));
    const steadily = (count: number): Promise<void> =>
      new Promise((resolve, reject) => {
        let toCome = count;
        answered = () => {
          client.enqueue(message).catch(reject);
          if (--toCome === 0) resolve();
        };
      });
    return {
      send: async (count) => {
        if (backlog > 0) return steadily(count);
        let left = count;
        const one = async (): Promise<void> => {
          while (left-- > 0) await client.send(message);
        };
        await Promise.all(Array.from({ length: Math.max(WAITING, 2 * window) }, one));
      },
      receive: (count) => {
        const all = new Promise<void>((resolve, reject) => (told = counted(count, resolve, reject)));
        return client.send({ command: 'query_sm', message_id: String(count) }).then(() => all);
      },
      close: () => {
        clearInterval(scrapes);
        return client.stop();
      },
    };
  },
};

/** Every receipt has to find its message. */
function counted(
  count: number,
  resolve: () => void,
  reject: (error: Error) => void,
): (id: string | undefined) => void {
  let toCome = count;
  return (id) => {
    if (id === undefined) reject(new Error('a receipt found no message'));
    if (--toCome === 0) resolve();
  };
}

/** A store in memory that knows so many messages. */
async function storeWith(correlations: number): Promise<Library.Store> {
  const limits = {
    capacity: 0,
    whenFull: 'reject',
    correlationCapacity: 2 * correlations + 1_000_000,
  } as const;
  const store = library().openMemoryStore(limits);
  const now = Date.now();
  const entry = (number: number): Library.CorrelationEntry => ({
    messageId: `earlier-${number}`,
    id: number.toString(16).padStart(24, '0'),
    segment: 0,
    segments: 1,
    source: SOURCE,
    destination: DESTINATION,
    acceptedAt: now,
    expiresAt: now + 604_800_000,
  });
  for (let made = 0; made < correlations; made += BATCH)
    await store.correlator.put(Array.from({ length: BATCH }, (_, at) => entry(made + at)));
  return store;
}
