import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, storeConformance, type ConformanceOptions, type Store } from '../../src/store';
import { RABBITMQ } from '../../src/store/rabbitmq/capabilities';
import { amqpUrl } from '../support/brokers';
import { openRabbit, removeQueues } from './rabbitmq/setup';

const account = { host: '127.0.0.1', systemId: 'tester' };

describe('the RabbitMQ store conforms', function () {
  this.timeout(60_000);
  let url: string;
  let base: string;
  let count = 0;
  const names = new Set<string>();
  before(async function () {
    url = await amqpUrl(this);
    base = await mkdtemp(join(tmpdir(), 'smpp-store-'));
  });
  after(() => base && rm(base, { recursive: true, force: true }));
  afterEach(async () => {
    for (const name of names) await removeQueues(url, name);
    names.clear();
  });

  /** Correlation and state, on disk: several handles at once have each their own. */
  async function openRest({ name, correlationCapacity }: ConformanceOptions): Promise<Store> {
    const options = { capacity: 0, whenFull: 'reject', correlationCapacity, account } as const;
    const open = (folder: string): Promise<Store> =>
      openDiskStore({ ...options, directory: join(base, folder) });
    return open(name).catch(() => open(`${name}-${++count}`));
  }

  for (const check of storeConformance()) {
    if (check.needs?.(RABBITMQ) === false) continue;
    it(check.name, () =>
      check.run(async (options) => {
        names.add(options.name);
        return openRabbit({ ...options, url, clientId: options.name, rest: await openRest(options) });
      }),
    );
  }
});
