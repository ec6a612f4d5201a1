import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock';
import { silentLog } from '../../../src/observability';
import {
  BACKENDS,
  type BackendContext,
  type BackendOptions,
  type QueueItem,
  type Store,
} from '../../../src/store';
import { done, entry, ids, isKept, item, take } from '../../../src/store/conformance/harness';
import { amqpUrl, ownPrefix, redisUrl } from '../../support/brokers';
import { until } from '../../support/until';
import { PREFIX, removeQueues, withChannel } from './setup';

const nothing = (): undefined => undefined;
const backend = BACKENDS.rabbitmq;

describe('queue: rabbitmq', function () {
  this.timeout(60_000);
  let url: string;
  let directory: string;
  let options: BackendOptions;
  let refused: string[];
  const opened: Store[] = [];
  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-rabbit-'));
    refused = [];
    options = {
      clientId: randomUUID(),
      name: '',
      queueDirectory: directory,
      queueKey: [],
      queueUrl: url,
      queueTls: undefined,
      keyPrefix: PREFIX,
      brokerTopology: 'declare',
      correlationUrl: '',
      drainList: '',
      leaseTime: 10_000,
      correlationCapacity: 1000,
      windowSize: 10,
      sessions: 1,
      sendRate: 500,
      burst: 1,
    };
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await removeQueues(url, options.clientId);
    await rm(directory, { recursive: true, force: true });
  });

  async function open(changed: Partial<BackendOptions> = {}): Promise<Store> {
    const context: BackendContext = {
      options: { ...options, ...changed },
      limits: { capacity: 100, whenFull: 'reject' },
      account: { host: 'smsc.example', systemId: 'tester' },
      clock: systemClock,
      log: silentLog,
      random: randomBytes,
      onClaimed: nothing,
      prepare: (): Promise<QueueItem> => Promise.reject(new Error('no message')),
      refused: (_item, reason) => void refused.push(reason.code),
      away: nothing,
    };
    const store = await backend.open(context);
    opened.push(store);
    return store;
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
      for (const one of opened.splice(0)) await one.close();
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
