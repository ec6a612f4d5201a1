import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createClient } from '@redis/client';
import fc from 'fast-check';
import { silentLog, type OpenLog } from '../../../../src/observability';
import { BACKENDS, type BackendOptions, type Lease } from '../../../../src/store';
import { dead, done, ids, retry, sleep } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import { urlProblem } from '../../../../src/store/redis/connection/address';
import { ownPrefix, redisUrl, startRedis, startRedisCluster, type TestRedis } from '../../../support/brokers';
import { freePorts } from '../../../support/servers';
import { pem, pemFile } from '../../../support/tls';
import { Stores } from '../../stores';
import { named, openRedis, type OpenRedis } from '../setup';

const SECRET = 's3cret/geheim';
const { signal } = new AbortController();

/** What is said when it cannot be opened. */
async function refusal(given: OpenRedis): Promise<{ code: string; message: string; retriable: boolean }> {
  try {
    await (await openRedis(given)).close();
  } catch (error) {
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(SECRET));
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(encodeURIComponent(SECRET)));
    return error as { code: string; message: string; retriable: boolean };
  }
  return assert.fail('it was opened');
}

/** Follows a Cluster to the node that has the key. */
const cliOf = (url: string, ...args: string[]): string =>
  execFileSync('redis-cli', ['-c', '-u', url, ...args]).toString();

describe('a Redis that cannot be used as it is', () => {
  const stores = new Stores<RedisStore>();
  const servers: { stop(): Promise<void> }[] = [];
  const open = (given: OpenRedis): Promise<RedisStore> => stores.add(openRedis(given));
  const start = async (context: Mocha.Context, ...args: string[]): Promise<TestRedis> => {
    const redis = await startRedis(context, { args });
    servers.push({ stop: () => redis.kill() });
    return redis;
  };
  const command = async (url: string, ...args: string[]): Promise<unknown> => {
    const client = await createClient({ url, socket: { reconnectStrategy: false } }).connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  };

  afterEach(async () => {
    await stores.close();
    for (const server of servers.splice(0)) await server.stop();
  });

  it('by a wrong URL: the option is named, and how it is written', () => {
    const problem = (queueUrl: string, keyPrefix = 'smpp') =>
      BACKENDS.redis.problems?.({ queueUrl, keyPrefix } as BackendOptions) ?? [];
    assert.deepEqual(problem(''), []);
    assert.match(problem('redis://')[0]?.remedy ?? '', /names no host; give redis:\/\/host:6379/);
    for (const [url, remedy] of [
      ['somewhere', /it is no URL/],
      ['http://host', /does not begin with redis: or rediss:/],
      ['amqp://host', /does not begin with redis: or rediss:/],
      ['redis://', /names no host/],
      ['redis://host:99999', /it is no URL/],
      ['redis://host/name', /the number of a database alone/],
      [`redis://user:${SECRET}@host`, /it is no URL|%2F/],
      ['redis://user:%zz@host', /it is no URL/],
    ] as const) {
      const [found] = problem(url);
      assert.equal(found?.field, 'queueUrl', url);
      assert.match(found.remedy, remedy, url);
      assert.ok(!found.remedy.includes(SECRET));
    }
    for (const url of ['redis://host', 'rediss://u:p%40@host:6380/3', 'redis://[::1]:7000', 'redis://:p@h'])
      assert.deepEqual(problem(url), [], url);
    assert.equal(problem('redis://host', 'a{b')[0]?.field, 'keyPrefix');
    fc.assert(fc.property(fc.string(), (text) => void urlProblem(text)));
    fc.assert(
      fc.property(
        fc.string(),
        (text) => urlProblem(`redis://u:${encodeURIComponent(text)}@h`) === undefined || text === '',
      ),
    );
  });

  it('as nobody listens there', async () => {
    const [port = 0] = await freePorts(1);
    const { code, message, retriable } = await refusal({
      url: `redis://user:${encodeURIComponent(SECRET)}@127.0.0.1:${port}`,
      keyPrefix: 'smpp',
    });
    assert.deepEqual([code, retriable], ['QUEUE_UNAVAILABLE', true]);
    assert.match(message, new RegExp(`^Redis at 127.0.0.1:${port}: see that it runs .*ECONNREFUSED`));
  });

  it('as it refuses the login, or wants one', async function () {
    const redis = await start(this, '--requirepass', 'other');
    const at = `127.0.0.1:${redis.port}`;
    const secret = encodeURIComponent(SECRET);
    const wrong = await refusal({ url: `redis://:${secret}@${at}`, keyPrefix: 'smpp' });
    assert.deepEqual([wrong.code, wrong.retriable], ['QUEUE_UNAVAILABLE', false]);
    assert.match(wrong.message, /refuses the login: check the user and the password in queueUrl \(WRONGPASS/);
    const nobody = await refusal({ url: `redis://nobody:${secret}@${at}`, keyPrefix: 'smpp' });
    assert.match(nobody.message, /refuses the login/);
    const none = await refusal({ url: `redis://${at}`, keyPrefix: 'smpp' });
    assert.match(none.message, /wants a login: write the user and the password into queueUrl \(NOAUTH/);
    await open({ url: `redis://:other@${at}`, keyPrefix: 'smpp' });
  });

  it('as its user may do too little; one with the rights that are named may', async function () {
    const redis = await start(this);
    const at = `127.0.0.1:${redis.port}`;
    const secret = encodeURIComponent(SECRET);
    const rights = (...all: string[]): Promise<unknown> =>
      command(redis.url, 'ACL', 'SETUSER', 'smpp', 'reset', 'on', `>${SECRET}`, ...all);
    await rights('~other:*', '+@all');
    const keys = await refusal({ url: `redis://smpp:${secret}@${at}`, keyPrefix: 'smpp' });
    assert.deepEqual([keys.code, keys.retriable], ['QUEUE_UNAVAILABLE', false]);
    assert.match(keys.message, /the user of queueUrl may not do that: give it the keys/);
    await rights('~*', '+@read');
    const commands = await refusal({ url: `redis://smpp:${secret}@${at}`, keyPrefix: 'smpp' });
    assert.match(commands.message, /the user of queueUrl may not do that/);
    await rights('~smpp:*', '+@all', '-@dangerous', '+info');
    const store = await open({ url: `redis://smpp:${secret}@${at}`, keyPrefix: 'smpp' });
    await store.queue.enqueue([named('a')]);
    await store.queue.settle((await store.queue.take(1, { signal })).map(done));
    assert.ok(!inspect(store, { depth: 9, showHidden: true }).includes(SECRET));
  });

  it('as its version is too old', async () => {
    // No such server can be had here: one that says so.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const info = '# Server\r\nredis_version:5.0.7\r\n';
        socket.write(`$${info.length}\r\n${info}\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push({ stop: async () => void server.close() });
    const { port } = server.address() as AddressInfo;
    const { code, message, retriable } = await refusal({
      url: `redis://127.0.0.1:${port}`,
      keyPrefix: 'smpp',
    });
    assert.deepEqual([code, retriable], ['QUEUE_UNAVAILABLE', false]);
    assert.match(message, /is version 5\.0\.7; this queue needs Redis 6\.2 or later, or Valkey/);
  });

  it('as a key of the queue is something else, which stays', async function () {
    const url = await redisUrl(this);
    for (const [name, ...args] of [
      ['queue:2', 'LPUSH'],
      ['delayed', 'SADD'],
      ['dead', 'APPEND'],
    ] as const) {
      const keyPrefix = ownPrefix();
      const key = `${keyPrefix}:{test}:${name}`;
      await command(url, ...args, key, 'of another program');
      const { code, message, retriable } = await refusal({ url, keyPrefix });
      assert.deepEqual([code, retriable], ['QUEUE_UNAVAILABLE', false], name);
      assert.ok(message.includes(`the key ${key} holds a `) && message.includes('Rename that key'), message);
      assert.notEqual(await command(url, 'TYPE', key), 'none');
      assert.deepEqual(await command(url, 'KEYS', `${keyPrefix}*`), [key]);
    }
  });

  it('as it is a replica', async function () {
    const primary = await start(this);
    const replica = await start(this, '--replicaof', '127.0.0.1', String(primary.port));
    const { code, message } = await refusal({ url: replica.url, keyPrefix: 'smpp' });
    assert.equal(code, 'QUEUE_UNAVAILABLE');
    assert.match(message, /it is a replica, which takes no writes: name the primary/);
  });

  it('as its memory is full: what is queued can be sent and settled all the same', async function () {
    const redis = await start(this);
    const store = await open({ url: redis.url, keyPrefix: 'smpp' });
    await store.queue.enqueue([named('a'), named('b')]);
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '1mb');
    await assert.rejects(
      async () => store.queue.enqueue([named('c')]),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'QUEUE_UNAVAILABLE');
        assert.match(error.message, /its memory is full \(maxmemory\): let the queue drain/);
        return true;
      },
    );
    const leases = await store.queue.take(2, { signal });
    assert.equal(leases.length, 2);
    await store.queue.settle(leases.map(done));
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '0');
    await store.queue.enqueue([named('c')]);
    assert.deepEqual(await store.queue.stats(), {
      queued: 1,
      delayed: 0,
      leased: 0,
      oldestAt: (await store.queue.stats()).oldestAt,
    });
  });

  it('as it may drop keys when its memory is full: a warning says so', async function () {
    const redis = await start(this, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const warned: string[] = [];
    const warn = ((_: unknown, text: string) => void warned.push(text)) as OpenLog['warn'];
    await open({ url: redis.url, keyPrefix: 'smpp', context: { log: { ...silentLog, warn } } });
    assert.equal(warned.length, 1);
    assert.match(
      warned[0] ?? '',
      /maxmemory-policy is allkeys-lru, so it drops messages .* set it to noeviction/,
    );
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await open({ url: redis.url, keyPrefix: 'smpp', context: { log: { ...silentLog, warn } } });
    assert.equal(warned.length, 1);
  });

  it('as it holds what is of another account', async function () {
    const given = { url: await redisUrl(this), keyPrefix: ownPrefix() };
    const first = await openRedis(given);
    await first.queue.enqueue([named('a')]);
    await first.close();
    const account = { host: 'smsc.example', systemId: 'another' };
    const { code, message } = await refusal({ ...given, context: { account } });
    assert.equal(code, 'STORE_ACCOUNT');
    assert.match(
      message,
      /belongs to the account tester at smsc.example, not to another at smsc.example, and holds 1 message/,
    );
    assert.ok(message.includes(`under ${given.keyPrefix}:{test}:`));
    const again = await open(given);
    const leases = await again.queue.take(1, { signal });
    assert.equal(leases.length, 1);
    await again.queue.settle(leases.map(done));
    await again.close();
    // Empty, it is nobody's.
    await open({ ...given, context: { account } });
  });

  it('by TLS it is used where its certificate is trusted, and else not', async function () {
    const [tlsPort = 0] = await freePorts(1);
    const files = ['--tls-cert-file', pemFile('server.cert'), '--tls-key-file', pemFile('server.key')];
    const more = ['--tls-ca-cert-file', pemFile('ca.cert'), '--tls-auth-clients', 'no'];
    await start(this, '--tls-port', String(tlsPort), ...files, ...more);
    const url = `rediss://localhost:${tlsPort}`;
    const { code, message } = await refusal({ url, keyPrefix: 'smpp' });
    assert.equal(code, 'QUEUE_UNAVAILABLE');
    assert.match(message, /certificate/);
    for (const scheme of ['rediss', 'redis']) {
      const queueTls = { ca: pem('ca.cert') };
      const store = await open({
        url: `${scheme}://localhost:${tlsPort}`,
        keyPrefix: 'smpp',
        options: { queueTls },
      });
      await store.queue.enqueue([named(scheme)]);
      await store.queue.settle((await store.queue.take(1, { signal })).map(done));
    }
  });

  it('a Cluster is used from any of its nodes, and a list of another slot is told of', async function () {
    const cluster = await startRedisCluster(this);
    servers.push(cluster);
    const warned: string[] = [];
    for (const port of cluster.ports) {
      const url = `redis://127.0.0.1:${port}`;
      const store = await open({ url, keyPrefix: 'smpp', name: 'alpha' });
      await store.queue.enqueue(['a', 'b'].map(named));
      const [first, second] = (await store.queue.take(2, { signal })) as [Lease, Lease];
      await store.queue.settle([done(first), retry(second, 0)]);
      const waiting = store.queue.take(1, { signal });
      await store.queue.settle((await waiting).map((lease) => dead(lease)));
      assert.deepEqual(await store.deadLetters.replay(['b']), { replayed: ['b'], missing: [] });
      await store.queue.settle((await store.queue.take(1, { signal })).map(done));
      await store.close();
    }
    const warn = ((_: unknown, text: string) => void warned.push(text)) as OpenLog['warn'];
    const drain = async (drainList: string): Promise<Lease[]> => {
      const context = { log: { ...silentLog, warn } };
      const store = await open({
        url: cluster.url,
        keyPrefix: 'smpp',
        name: 'alpha',
        options: { drainList },
        context,
      });
      const leases = await Promise.resolve(store.queue.take(1, { signal: AbortSignal.timeout(300) })).catch(
        () => [],
      );
      await store.queue.settle(leases.map(done));
      return leases;
    };
    for (const list of ['naz_queue', 'other', 'third']) assert.deepEqual(await drain(list), []);
    const remedy = 'it must have the hash tag of this queue: name it "smpp:{alpha}:list"';
    assert.ok(warned.length >= 2 && warned.every((text) => text.includes(remedy)), String(warned));
    cliOf(cluster.url, 'LPUSH', 'smpp:{alpha}:list', JSON.stringify({ short_message: 'listed' }));
    assert.equal((await drain('smpp:{alpha}:list')).length, 1);
  }).timeout(60_000);

  it('a Cluster whose slot moves to another node is followed there, and nothing is lost or doubled', async function () {
    const cluster = await startRedisCluster(this);
    servers.push(cluster);
    const store = await open({ url: cluster.url, keyPrefix: 'smpp', name: 'alpha' });
    const slot = cliOf(cluster.url, 'CLUSTER', 'KEYSLOT', 'smpp:{alpha}:x').trim();
    const on = (port: number, ...args: string[]): string =>
      execFileSync('redis-cli', ['-p', String(port), ...args])
        .toString()
        .trim();
    const idOf = (port: number): string => on(port, 'CLUSTER', 'MYID');
    const has = (port: number): boolean => !on(port, 'EXISTS', 'smpp:{alpha}:account').startsWith('MOVED');
    const from = cluster.ports.find(has) ?? 0;
    const to = cluster.ports.find((port) => port !== from) ?? 0;

    const total = 2000;
    const seen: string[] = [];
    let isEnough = false;
    const produce = async (): Promise<void> => {
      for (let at = 0; at < total; at += 20) {
        await store.queue.enqueue(Array.from({ length: 20 }, (_, more) => named(`m${at + more}`)));
        await sleep(5);
      }
    };
    const consume = async (): Promise<void> => {
      while (seen.length < total && !isEnough) {
        const leases = await Promise.resolve(store.queue.take(7, { signal })).catch(() => []);
        seen.push(...ids(leases));
        await store.queue.settle(leases.map(done));
      }
    };
    const working = [produce(), consume()];
    await sleep(100);
    on(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', idOf(from));
    on(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', idOf(to));
    for (let keys = ['']; keys.length > 0;) {
      keys = on(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '100')
        .split('\n')
        .filter((key) => key !== '');
      for (const key of keys) on(from, 'MIGRATE', '127.0.0.1', String(to), key, '0', '5000');
    }
    for (const port of [to, from]) on(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', idOf(to));
    await Promise.all(working);
    isEnough = true;
    assert.deepEqual([seen.length, new Set(seen).size], [total, total]);
    assert.ok(has(to));
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
  }).timeout(60_000);
});
