import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message, SmppClientOptions } from '../../../src/index';
import { amqpUrl, ownPrefix, redisUrl } from '../../support/brokers';
import { silence } from '../../support/peer';
import { needs } from '../../support/skip';
import { HELLO } from '../setup';
import { Instances, sharedOptions, type Bound } from './setup';

const keyed = (key: string): Message => ({ ...HELLO, short_message: key, idempotency_key: key });
const submitsOf = async ({ peer }: Bound): Promise<number> =>
  (await peer.link()).requests('submit_sm').length;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const KINDS = {
  Redis: {
    needs: ['redis'],
    options: sharedOptions,
  },
  'RabbitMQ with a Redis beside it': {
    needs: ['redis', 'rabbitmq'],
    options: async (context) => ({
      queue: 'rabbitmq',
      queueUrl: await amqpUrl(context),
      correlationUrl: await redisUrl(context),
      keyPrefix: ownPrefix(),
      clientId: 'shared',
    }),
  },
} satisfies Record<
  string,
  { needs: readonly string[]; options: (context: Mocha.Context) => Promise<SmppClientOptions> }
>;

for (const [name, kind] of Object.entries(KINDS)) {
  describe(`One idempotency_key given to two instances, in ${name}`, function () {
    this.timeout(60_000);
    const world = new Instances();
    let options: SmppClientOptions;
    before(function () {
      for (const tool of kind.needs) needs(this, tool as 'redis');
    });
    beforeEach(async function () {
      options = { ...(await kind.options(this)), idempotencyTtl: 60 };
    });
    afterEach(() => world.end());

    it('at the same time is one message, and both get its outcome', async () => {
      const [a, b] = [await world.bound(options), await world.bound(options)];
      const keys = Array.from({ length: 25 }, (_, at) => `key ${at}`);
      const both = await Promise.all(
        keys.map((key) => Promise.all([a.client.send(keyed(key)), b.client.send(keyed(key))])),
      );
      for (const [one, other] of both) {
        assert.deepEqual([one.id, one.message_ids], [other.id, other.message_ids]);
        assert.equal(Number(one.duplicate ?? false) + Number(other.duplicate ?? false), 1);
      }
      assert.equal(sum(await Promise.all([a, b].map(submitsOf))), keys.length);
    });

    it('in lists that overlap is one message in each place, all or none of a list', async () => {
      const [a, b] = [await world.bound(options), await world.bound(options)];
      const list = (from: number): Message[] =>
        Array.from({ length: 10 }, (_, at) => keyed(`key ${from + at}`));
      const [ofA, ofB] = await Promise.all([a.client.enqueue(list(0)), b.client.enqueue(list(5).reverse())]);
      assert.deepEqual(ofA.slice(5), ofB.slice(5).reverse());
      assert.equal(new Set([...ofA, ...ofB]).size, 15);
    });

    it('is answered by the second when the first has gone', async () => {
      const a = await world.bound(options, { submit_sm: () => ({ command_status: 0x0b }) });
      await assert.rejects(a.client.send(keyed('refused')), { code: 'REFUSED' });
      await a.client.stop();
      const b = await world.bound(options);
      await assert.rejects(b.client.send(keyed('refused')), { code: 'REFUSED' });
      await assert.rejects(b.client.send({ ...keyed('refused'), short_message: 'other' }), {
        code: 'IDEMPOTENCY_CONFLICT',
      });
      assert.equal(await submitsOf(b), 0);
    });

    it('is waited for by the second while the first waits', async () => {
      const a = await world.bound(options, { submit_sm: silence });
      const first = a.client.send(keyed('slow'));
      const link = await a.peer.link();
      const submit = await link.until('submit_sm');
      const b = world.make(options);
      const second = b.client.send(keyed('slow'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      link.answer(submit, { message_id: 'late' });
      assert.deepEqual([(await first).message_id, (await second).message_id], ['late', 'late']);
    });
  });
}

describe('One idempotency_key in RabbitMQ beside a disk', function () {
  this.timeout(60_000);
  const world = new Instances();
  let queueDirectory: string;
  before(function () {
    needs(this, 'rabbitmq');
  });
  beforeEach(() => (queueDirectory = mkdtempSync(join(tmpdir(), 'keys-'))));
  afterEach(async () => {
    await world.end();
    rmSync(queueDirectory, { recursive: true, force: true });
  });

  it('is one message on this machine, also after a restart', async function () {
    const options: SmppClientOptions = {
      ...{ queue: 'rabbitmq', queueUrl: await amqpUrl(this), queueDirectory, idempotencyTtl: 60 },
      keyPrefix: ownPrefix(),
    };
    const a = await world.bound(options);
    const [first, second] = await Promise.all([a.client.send(keyed('k')), a.client.send(keyed('k'))]);
    assert.deepEqual([second.id, second.duplicate], [first.id, true]);
    await a.client.stop();
    const b = await world.bound(options);
    assert.equal((await b.client.send(keyed('k'))).message_id, first.message_id);
    assert.equal(await submitsOf(b), 0);
  });
});
