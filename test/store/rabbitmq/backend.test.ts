import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKENDS, type BackendOptions, type Store } from '../../../src/store';
import { done, entry, ids, isKept, item, take } from '../../../src/store/conformance/harness';
import { amqpUrl, ownPrefix, redisUrl } from '../../support/brokers';
import { until } from '../../support/until';
import { backendContext, backendOptions } from '../backend-context';
import { Stores } from '../stores';
import { PREFIX, removeQueues, withChannel } from './setup';

const backend = BACKENDS.rabbitmq;

describe('queue: rabbitmq', function () {
  this.timeout(60_000);
  let url: string;
  let directory: string;
  let options: BackendOptions;
  let refused: string[];
  const stores = new Stores();
  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-rabbit-'));
    refused = [];
    options = backendOptions({
      clientId: randomUUID(),
      queueDirectory: directory,
      queueUrl: url,
      keyPrefix: PREFIX,
      sendRate: 500,
    });
  });
  afterEach(async () => {
    await stores.close();
    await removeQueues(url, options.clientId);
    await rm(directory, { recursive: true, force: true });
  });

  function open(changed: Partial<BackendOptions> = {}): Promise<Store> {
    const context = backendContext(
      { ...options, ...changed },
      {
        limits: { capacity: 100, whenFull: 'reject' },
        refused: (_item, reason) => void refused.push(reason.code),
      },
    );
    return stores.add(backend.open(context));
  }

  it('keeps messages in RabbitMQ and correlation on disk', async () => {
    const store = await open();
    await store.queue.enqueue([item('m')]);
    await store.correlator.put([entry('1')]);
    await store.close();
    const again = await open();
    assert.ok(await isKept(again, '1'));
    await again.queue.settle((await take(again, 1)).map(done));
    assert.equal(again.limiter, undefined);
  });

  it('keeps correlation, state and the rate in Redis where that is given', async function () {
    const changed = { correlationUrl: await redisUrl(this), keyPrefix: ownPrefix(), queueDirectory: '' };
    const store = await open(changed);
    const other = await open(changed);
    try {
      await store.correlator.put([entry('1')]);
      assert.ok(await isKept(other, '1'));
      await store.state.set('a', Buffer.from('x'));
      assert.deepEqual(await other.state.get('a'), Buffer.from('x'));
      assert.equal(other.limiter?.rate, 500);
      await store.queue.enqueue([item('m')]);
      assert.deepEqual(ids(await take(other, 1)), ['m']);
    } finally {
      await stores.close();
      await removeQueues(url, options.clientId, changed.keyPrefix);
    }
  });

  it('tells of a record that is no message', async () => {
    const store = await open();
    await withChannel(url, async (channel) => {
      channel.sendToQueue(`${PREFIX}.${options.clientId}.queue.2`, Buffer.from('{}'));
      await channel.waitForConfirms();
    });
    const waiting = take(store, 1);
    await until(() => refused.length === 1, 'the news');
    assert.deepEqual(refused, ['INVALID_RECORD']);
    await store.queue.enqueue([item('m')]);
    await waiting;
  });

  it('says which option is wrong', () => {
    const problems = (changed: Partial<BackendOptions>) =>
      (backend.problems?.({ ...options, ...changed }) ?? []).map(({ field }) => field);
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ queueUrl: 'redis://host' }), ['queueUrl']);
    assert.deepEqual(problems({ queueDirectory: '' }), ['queueDirectory']);
    assert.deepEqual(problems({ queueDirectory: '', correlationUrl: 'redis://host' }), []);
    assert.deepEqual(problems({ correlationUrl: 'amqp://host' }), ['correlationUrl']);
  });
});
