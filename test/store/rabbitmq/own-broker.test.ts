import assert from 'node:assert/strict';
import { done, ids, item, take } from '../../../src/store/conformance/harness';
import { startRabbit } from '../../support/brokers';
import { freePorts } from '../../support/servers';
import { pem, pemFile } from '../../support/tls';
import { until } from '../../support/until';
import { openRabbit } from './setup';

describe('a RabbitMQ store and a broker of its own', function () {
  this.timeout(90_000);

  it('a broker that is short of memory is away for those who give, and a close does not wait for it', async function () {
    const rabbit = await startRabbit(this, { conf: ['vm_memory_high_watermark.absolute = 1MB'] });
    const away: (Error | undefined)[] = [];
    const store = await openRabbit({ url: rabbit.url, clientId: 'c', away: (failure) => away.push(failure) });
    try {
      // What was on its way when the broker said so stays on its way.
      const first = Promise.resolve(store.queue.enqueue([item('m')])).catch((error: unknown) => error);
      await until(() => away.length === 1, 'the news');
      assert.match(String(away[0]), /takes no messages for now/);
      await assert.rejects(async () => store.queue.enqueue([item('x')]), {
        code: 'QUEUE_UNAVAILABLE',
        retriable: true,
      });
      await store.close();
      const outcome = await first;
      assert.ok(Array.isArray(outcome) || (outcome as { code?: string }).code === 'STORE_CLOSED');
    } finally {
      await store.close();
      await rabbit.kill();
    }
  });

  it('speaks TLS, and says where the certificate is not trusted', async function () {
    const [port = 0] = await freePorts(1);
    const conf = [
      `listeners.ssl.default = ${port}`,
      `ssl_options.certfile = ${pemFile('server.cert')}`,
      `ssl_options.keyfile = ${pemFile('server.key')}`,
      `ssl_options.cacertfile = ${pemFile('ca.cert')}`,
    ];
    const rabbit = await startRabbit(this, { conf });
    const url = `amqps://localhost:${port}`;
    try {
      await assert.rejects(openRabbit({ url, clientId: 'c' }), /certificate is not trusted .*queueTls/);
      const tls = { ca: pem('ca.cert') };
      const store = await openRabbit({ url, clientId: 'c', tls });
      await store.queue.enqueue([item('m')]);
      const leases = await take(store, 1);
      assert.deepEqual(ids(leases), ['m']);
      await store.queue.settle(leases.map(done));
      await store.close();
    } finally {
      await rabbit.kill();
    }
  });
});
