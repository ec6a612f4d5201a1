import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { SmppError } from '../../../src/protocol';
import { namesOf } from '../../../src/store/rabbitmq/names';
import { isTooOld } from '../../../src/store/rabbitmq/failures';
import { ids, item, take } from '../../../src/store/conformance/harness';
import { amqpApiUrl, amqpUrl, callApi } from '../../support/brokers';
import { openRabbit, PREFIX, removeQueues, withChannel } from './setup';

describe('opening a RabbitMQ store', function () {
  this.timeout(60_000);
  let url: string;
  let clientId: string;
  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(() => void (clientId = randomUUID()));
  afterEach(() => removeQueues(url, clientId));

  const changed = (change: Partial<URL>): string => Object.assign(new URL(url), change).href;

  /** The one line with which it is refused. */
  async function refusal(options: Partial<Parameters<typeof openRabbit>[0]>): Promise<string> {
    const error = await openRabbit({ url, clientId, ...options }).then(
      async (store) => (await store.close(), assert.fail('it was opened')),
      (error: unknown) => error,
    );
    assert.ok(error instanceof SmppError, String(error));
    assert.equal(error.code, 'QUEUE_UNAVAILABLE');
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }

  it('a URL that is none is refused without showing it', async () => {
    for (const [wrong, said] of [
      ['redis://user:s3cret@host', /begin with amqp/],
      ['//user:s3cret@host', /no URL/],
      ['amqp://user:s3cret%@host', /%25/],
    ] as const) {
      const text = await refusal({ url: wrong });
      assert.match(text, said);
      assert.ok(!text.includes('s3cret'));
    }
  });

  it('says who is refused, what is missing, and where', async () => {
    const login = await refusal({ url: changed({ username: 'nobody', password: 's3cret' }) });
    assert.match(login, /the login is refused/);
    assert.ok(!login.includes('s3cret'));
    assert.match(
      await refusal({ url: changed({ pathname: '/no-such-host' }) }),
      /virtual host "no-such-host" does not exist/,
    );
    assert.match(await refusal({ url: 'amqp://127.0.0.1:1' }), /nothing listens there/);
    assert.match(await refusal({ url: 'amqp://no-such-host.invalid' }), /cannot be resolved/);
    assert.match(await refusal({ url: changed({ protocol: 'amqps:' }) }), /speaks no TLS|connection/);
  });

  it('says which permission is missing', async function () {
    const api = await amqpApiUrl(this);
    const host = new URL(url).pathname.slice(1);
    const user = randomUUID();
    await callApi(api, 'PUT', `/api/users/${user}`, JSON.stringify({ password: 's3cret', tags: '' }));
    const with_ = changed({ username: user, password: 's3cret' });
    assert.match(await refusal({ url: with_ }), /virtual host/);
    const none = JSON.stringify({ configure: '^$', write: '.*', read: '.*' });
    await callApi(api, 'PUT', `/api/permissions/${host}/${user}`, none);
    const text = await refusal({ url: with_ });
    assert.match(text, /exchange test\.\S+: permission is missing/);
    assert.ok(!text.includes('s3cret'));
    await callApi(api, 'DELETE', `/api/users/${user}`);
  });

  it('a queue that was declared otherwise is named, and stays as it is', async () => {
    const name = namesOf(PREFIX, clientId).queue(2);
    await withChannel(url, async (channel) => {
      await channel.assertQueue(name, { durable: true });
      channel.sendToQueue(name, Buffer.from('somebody else’s'));
      await channel.checkQueue(name);
    });
    const text = await refusal({});
    assert.match(text, /queue test\.\S+\.queue\.2 was declared otherwise by somebody else: .*x-/);
    await withChannel(url, async (channel) => assert.equal((await channel.checkQueue(name)).messageCount, 1));
  });

  it('verify: declares nothing, and names what is missing', async () => {
    assert.match(await refusal({ topology: 'verify' }), /exchange test\.\S+ does not exist .*brokerTopology/);
    await withChannel(url, async (channel) => {
      const names = namesOf(PREFIX, clientId);
      await channel.assertExchange(names.exchange, 'direct');
      await channel.assertExchange(names.delayExchange, 'headers');
    });
    assert.match(await refusal({ topology: 'verify' }), /queue test\.\S+\.queue\.0 does not exist/);
    await (await openRabbit({ url, clientId })).close();
    const store = await openRabbit({ url, clientId, topology: 'verify' });
    await store.queue.enqueue([item('m')]);
    assert.deepEqual(ids(await take(store, 1)), ['m']);
    await store.close();
  });

  it('queues of another account are refused as long as they hold something', async () => {
    const mine = { host: 'smsc.example', systemId: 'me' };
    const yours = { host: 'smsc.example', systemId: 'you' };
    const store = await openRabbit({ url, clientId, account: mine });
    await store.queue.enqueue([item('m')]);
    await store.close();
    await assert.rejects(openRabbit({ url, clientId, account: yours }), (error) => {
      assert.ok(error instanceof SmppError && error.code === 'STORE_ACCOUNT');
      return /me at smsc.example, not to you at smsc.example, and holds 1 message:/.test(error.message);
    });
    const again = await openRabbit({ url, clientId, account: { ...mine, failover: ['other.example'] } });
    assert.equal((await again.queue.purge()).removed, 1);
    await again.close();
    const before: string[] = [];
    const onClaimed = ({ systemId }: { readonly systemId: string }): void => void before.push(systemId);
    await (await openRabbit({ url, clientId, account: yours, onClaimed })).close();
    assert.deepEqual(before, ['me']);
  });

  it('a version before 3.10 is too old', () => {
    const old = ['3.9.29', '2.8.7', '3.8'].map(isTooOld);
    assert.deepEqual(old, [true, true, true]);
    assert.deepEqual(
      ['3.10.0', '3.13.7', '4.0.5', '4.2', 'x', undefined].map(isTooOld),
      Array(6).fill(false),
    );
  });
});
