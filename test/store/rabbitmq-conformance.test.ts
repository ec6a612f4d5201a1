import { randomBytes } from 'node:crypto';
import { openMemoryStore, storeConformance, type ConformanceOptions, type Store } from '../../src/store';
import { RABBITMQ } from '../../src/store/rabbitmq/capabilities';
import { openRabbitmqStore } from '../../src/store/rabbitmq/store';

const url = process.env['SMPP_TEST_AMQP_URL'] ?? 'amqp://127.0.0.1:5701';

/** The rest of each store outlives it, as a file does. */
const rests = new Map<string, Store>();

async function open({ name, ...options }: ConformanceOptions): Promise<Store> {
  return openRabbitmqStore({
    ...options,
    url,
    keyPrefix: 'conformance',
    clientId: name,
    prefetch: 10,
    random: randomBytes,
    prepare: () => Promise.reject(new Error('nothing of others here')),
    rest: openMemoryStore({ capacity: 0, whenFull: 'reject', correlationCapacity: options.correlationCapacity }),
  });
}

describe('the RabbitMQ store conforms', function () {
  this.timeout(60_000);
  for (const check of storeConformance()) {
    if (check.needs?.(RABBITMQ) === false) continue;
    it(check.name, () => check.run(open));
  }
});
void rests;
