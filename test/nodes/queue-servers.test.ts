import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../nodes/connection';
import { Registry } from '../../nodes/registry';
import type { Status, Translate } from '../../nodes/status';
import type { ReceiptEvent } from '../../src/index';
import { amqpUrl, ownPrefix, redisUrl, startRabbit, startRedis } from '../support/brokers';
import { Peer } from '../support/peer';
import { until } from '../support/until';
import { catalogue } from './support/catalogue';
import { connectionOf } from './support/connection';

const HELLO = { short_message: 'Hello', destination_addr: '491511234567', source_addr: 'Shop' };
const look = catalogue('smpp-config');
const translate: Translate = (key, values) => look(`smpp-config.${key}`, values);

for (const queue of ['redis', 'rabbitmq'] as const)
  describe(`a connection whose queue is in ${queue}`, function () {
    this.timeout(90_000);
    let queueDirectory: string;
    let registry: Registry;
    let peer: Peer;
    let receipts: ReceiptEvent[];
    let said: string[];
    let server: object;

    before(async function () {
      const redis = await redisUrl(this);
      server =
        queue === 'redis' ? { queueUrl: redis } : { queueUrl: await amqpUrl(this), correlationUrl: redis };
    });

    beforeEach(async () => {
      queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-servers-'));
      server = { ...server, keyPrefix: ownPrefix() };
      registry = new Registry();
      peer = await Peer.start();
      [receipts, said] = [[], []];
    });
    afterEach(async () => {
      await peer.stop();
      rmSync(queueDirectory, { recursive: true, force: true });
    });

    function instance(kind: string, options: object = {}, registered = registry): Connection {
      const tell = (level: string) => (text: string) => void said.push(`${level} ${text}`);
      const connection = connectionOf({
        registry: registered,
        translate,
        log: { warn: tell('warn'), error: tell('error') },
        options: {
          port: peer.port,
          systemId: 'me',
          clientId: 'carrier',
          queue: kind,
          queueDirectory,
          drainTimeout: 1,
          leaseTime: 1,
          ...server,
          ...options,
        },
      });
      connection.client.on('receipt', (event) => void receipts.push(event));
      connection.view({ status: () => undefined });
      return connection;
    }
    const errors = (): string[] => said.filter((text) => text.startsWith('error'));

    for (const from of ['disk', 'memory'] as const)
      it(`gets what was queued ${from === 'disk' ? 'on disk' : 'in memory'}, and knows the receipts to come`, async () => {
        const first = instance(from);
        await first.connect();
        await Promise.all(Array.from({ length: 20 }, () => first.send(HELLO, {})));
        await first.disconnect();
        await first.client.enqueue(Array.from({ length: 30 }, () => HELLO));
        await first.close(false);
        const second = instance(queue);
        await second.connect();
        await peer.untilSubmits(50);
        assert.match(said.join('\n'), new RegExp(`the queue is now ${queue}: 30 messages moved there from`));
        for (let n = 1; n <= 20; n++) (await peer.link(1)).receipt(String(n));
        await until(() => receipts.length === 20, '20 receipts');
        assert.deepEqual([...new Set(receipts.map(({ matched }) => matched))], [true]);
        await second.close(true);
        assert.deepEqual(errors(), []);
      });

    it('leaves there what is queued when it gets another one, says so, and finds it again', async () => {
      const first = instance(queue);
      await first.client.enqueue(Array.from({ length: 30 }, () => HELLO));
      await first.close(false);
      const second = instance('memory');
      await second.connect();
      assert.match(
        said.join('\n'),
        new RegExp(`^warn the queue is another one now: 30 messages stay in ${queue} at`),
      );
      await second.close(false);
      assert.equal(peer.submits.length, 0);
      const third = instance(queue);
      await third.connect();
      await peer.untilSubmits(30);
      await third.close(false);
      assert.deepEqual([said.length, errors()], [1, []]);
    });

    it('leaves it to others when it is deleted, whose messages are not touched', async () => {
      const other = instance(queue, { autoConnect: false }, new Registry());
      await other.client.enqueue(Array.from({ length: 10 }, () => HELLO));
      const deleted = instance(queue);
      await deleted.client.enqueue(Array.from({ length: 5 }, () => HELLO));
      await deleted.close(true);
      // RabbitMQ's counts lag behind for a moment.
      assert.match(said.join('\n'), /deleted or disabled: 1\d messages stay in/);
      await other.connect();
      await peer.untilSubmits(15);
      await other.close(false);
    });

    it('is refused to a second connection of the process, by the name of the first', async () => {
      const first = instance(queue, { name: 'Carrier' });
      const second = connectionOf({
        nodeId: 'another',
        registry,
        options: { queue, clientId: 'carrier', systemId: 'me', ...server },
      });
      assert.match(second.unusable?.message ?? '', /the connection "Carrier" has this clientId already/);
      await second.close(true);
      await first.close(false);
    });

    it('takes any clientId that is no name of a directory', async () => {
      const one = instance(queue, { clientId: 'Müller & Co/1', autoConnect: false });
      assert.equal(one.unusable, undefined);
      await one.send(HELLO, { completeWhen: 'queued' });
      await one.close(true);
    });
  });

describe('a connection whose server goes away', function () {
  this.timeout(120_000);
  for (const queue of ['redis', 'rabbitmq'] as const)
    it(`shows that of ${queue} in yellow, in one line, stays bound, and goes on by itself`, async function () {
      const own = queue === 'redis' ? await startRedis(this, { appendonly: true }) : await startRabbit(this);
      const peer = await Peer.start();
      const shown: Status[] = [];
      const said: string[] = [];
      const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-away-'));
      const connection = connectionOf({
        translate,
        log: { warn: (text) => void said.push(text), error: (text) => void said.push(text) },
        options: {
          queue,
          queueUrl: own.url,
          queueDirectory,
          port: peer.port,
          systemId: 'me',
          clientId: 'carrier',
        },
      });
      try {
        connection.view({ status: (status) => void shown.push(status) });
        await connection.connect();
        await connection.send(HELLO, {});
        const last = (): string => `${shown.at(-1)?.fill} ${shown.at(-1)?.text}`;
        await until(() => last() === 'green bound', 'bound');
        await own.kill();
        await until(() => last() === 'yellow queue unavailable', 'the status');
        await own.start();
        await until(() => last() === 'green bound', 'bound again', 60_000).catch(async (error: unknown) => {
          throw new Error(
            `${last()}, ${said.join('\n')}, ${JSON.stringify(await connection.client.status())}`,
            { cause: error },
          );
        });
        await connection.send(HELLO, {});
        assert.equal(peer.submits.length, 2);
        assert.equal(said.filter((text) => /queue/.test(text)).length, 1, said.join('\n'));
      } finally {
        await connection.close(true);
        await peer.stop();
        await own.kill();
        rmSync(queueDirectory, { recursive: true, force: true });
      }
    });
});
