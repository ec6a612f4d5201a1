/** What docs/stores.md says of servers, held against servers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { connect } from 'amqplib';
import { SmppClient, type SmppClientOptions } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { callApi, startRabbit, startRedis, type TestRabbit } from '../support/brokers';
import { until } from '../support/until';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'stores.md'), 'utf8');

/** The first block below a heading. */
function blockUnder(heading: string): string {
  const below = page.slice(page.indexOf(`### ${heading}\n`));
  return /```text\n([\s\S]*?)```/.exec(below)![1]!;
}

/** First cells of the first table below a heading, without backquotes. */
function firstColumnUnder(heading: string): string[] {
  const below = page.slice(page.indexOf(`### ${heading}\n`));
  const [table = ''] = /(?:^\|.*\|\n)+/m.exec(below)!;
  const cells = table.trim().split('\n').slice(2);
  return cells.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

/** "smpp:{carrier}:home:<instance>" as an expression. */
function matcher(name: string): RegExp {
  const literal = name.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`);
}

const NUMBER = '447700900123';
const LONG = 'Hello '.repeat(60);

/** Lets two clients do all that clients do, so that all that a store has is used. */
async function useAll(given: SmppClientOptions, produce: () => Promise<unknown>): Promise<void> {
  const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-stores-'));
  // Without a Redis each instance of RabbitMQ knows its own receipts alone.
  const isShared = given.queue === 'redis';
  const completeWhen = isShared ? 'delivered' : 'accepted';
  const smsc = new Smsc({
    receiptDelay: 0.05,
    rules: [
      { type: 'status', status: 'ESME_RSYSERR', destination: '4477009002', times: 1 },
      { type: 'status', status: 'ESME_RINVDSTADR', destination: '4477009003' },
      { type: 'status', status: 'ESME_RTHROTTLED', destination: '4477009004', times: 1 },
    ],
  });
  const { host, port } = await smsc.start();
  const common = {
    ...given,
    host,
    port,
    clientId: 'carrier',
    leaseTime: 1,
    sendRate: 500,
    throttleWait: 0.2,
    logLevel: 'silent',
  } as const;
  const [one, two] = ['one', 'two'].map((name) => {
    const bindType = name === 'one' ? 'transceiver' : isShared ? 'receiver' : 'transmitter';
    const own = isShared ? {} : { queueDirectory: join(queueDirectory, name) };
    return new SmppClient({ ...common, ...own, bindType });
  }) as [SmppClient, SmppClient];
  const heard: unknown[] = [];
  for (const client of [one, two]) {
    client.on('response', ({ correlation_id }) => heard.push(correlation_id));
    client.on('message', ({ payload }) => void heard.push(payload));
  }
  try {
    await one.start();
    await two.start();
    const send = (destination_addr: string, short_message: string, priority = 2): Promise<unknown> =>
      one.send({ destination_addr, short_message, priority }, { completeWhen });
    await Promise.all([0, 1, 2, 3, 4].map((priority) => send(NUMBER, 'Hello', priority)));
    await send(NUMBER, LONG);
    await two.send({ destination_addr: NUMBER, short_message: 'from the other' }, { completeWhen });
    await send('447700900200', 'again');
    await send('447700900400', 'slower');
    await assert.rejects(send('447700900300', 'refused'));
    await smsc.deliver({ source_addr: NUMBER, destination_addr: '70123', text: LONG });
    await until(() => heard.includes(LONG), 'the long message');
    await produce();
    await until(() => heard.includes('foreign'), 'the foreign message');
    assert.equal((await two.deadLetters()).letters.length, 1);
    await two.replay();
    one.pause();
    await one.enqueue({ destination_addr: NUMBER, short_message: 'to be purged' });
    await one.purge();
    await one.purgeDeadLetters();
    await one.status();
  } finally {
    await one.stop();
    await two.stop();
    await smsc.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  }
}

const FOREIGN = JSON.stringify({
  destination_addr: NUMBER,
  short_message: 'Hello',
  correlation_id: 'foreign',
});

/** All of the store's source, without the comments. */
function sourceOf(store: string): string {
  const folder = join(__dirname, '..', '..', 'src', 'store', store);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files
    .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''))
    .join('\n');
}

describe('docs/stores.md about Redis', function () {
  this.timeout(60_000);

  it('names the commands that the source has, and no other', () => {
    const named = [...blockUnder('What the Redis user may do').matchAll(/\+(\w+)/g)].map(([, name]) => name!);
    const calls = /call\('([A-Z]+)'|(?:command|block)\(\[\s*'([A-Z]+)'|send\(\['([A-Z]+)'|\{'([A-Z]+)', /g;
    const had = [...sourceOf('redis').matchAll(calls)].map(([, ...names]) =>
      names.find(Boolean)!.toLowerCase(),
    );
    assert.deepEqual(named, [...new Set([...had, 'eval', 'evalsha'])].sort());
  });

  it('names keys that the source has', () => {
    const source = sourceOf('redis');
    const stems = firstColumnUnder('What lies under which key').map(
      (name) => /\}:([\w:-]*?):?(?:<|$)/.exec(name)![1]!,
    );
    const missing = stems.filter((stem) => !stem.split(':').every((word) => source.includes(word)));
    assert.deepEqual(missing, []);
  });

  it('names what its user needs, and every key', async function () {
    const server = await startRedis(this);
    const admin = createClient({ url: server.url });
    await admin.connect();
    try {
      const seen = new Set<string>();
      const look = async (): Promise<void> => (await admin.keys('*')).forEach((key) => seen.add(key));
      const setUser = blockUnder('What the Redis user may do')
        .trim()
        .replace(/\\\n\s*/g, '');
      await admin.sendCommand([...setUser.replace('>password', '>secret').split(/\s+/), '~messages']);
      const looking = setInterval(() => void look(), 5);
      const queueUrl = server.url.replace('//', '//smpp:secret@');
      await useAll({ queue: 'redis', queueUrl, drainList: 'messages' }, () =>
        admin.lPush('messages', FOREIGN),
      ).finally(() => clearInterval(looking));
      await look();
      assert.deepEqual(await admin.sendCommand(['ACL', 'LOG']), []);
      const [, producer] = /`(ACL SETUSER producer [^`]+)`/.exec(page)!;
      await admin.sendCommand(producer!.replace('>password', '>secret').split(' '));
      await admin.sendCommand(['AUTH', 'producer', 'secret']);
      assert.match(await admin.xAdd('smpp:{carrier}:queue:2', '*', { json: FOREIGN }), /-/);
      const documented = firstColumnUnder('What lies under which key').map(matcher);
      const strange = [...seen].filter(
        (key) => key !== 'messages' && !documented.some((one) => one.test(key)),
      );
      assert.deepEqual(strange, []);
    } finally {
      admin.destroy();
      await server.kill();
    }
  });
});

describe('docs/stores.md about RabbitMQ', function () {
  this.timeout(120_000);
  let server: TestRabbit;
  let api: string;
  before(async function () {
    server = await startRabbit(this, { management: true });
    api = server.apiUrl!;
  });
  after(() => server?.kill());

  const MAY = 'What the RabbitMQ user may do';
  const [configure = '', write = '', read = ''] = [...blockUnder(MAY).matchAll(/"([^"]*)"/g)].map(
    ([, pattern]) => pattern!,
  );

  /** The URL of a user that may do no more than this. */
  async function userWith(name: string, ...may: readonly [string, string, string]): Promise<string> {
    await callApi(api, 'PUT', `/api/users/${name}`, JSON.stringify({ password: 'secret', tags: '' }));
    const permissions = JSON.stringify({ configure: may[0], write: may[1], read: may[2] });
    await callApi(api, 'PUT', `/api/permissions/%2F/${name}`, permissions);
    return server.url.replace('guest:guest', `${name}:secret`);
  }

  /** Sends one message by a client, which declares what is missing where it may. */
  async function sendOne(options: SmppClientOptions): Promise<void> {
    const smsc = new Smsc();
    const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-stores-'));
    const { host, port } = await smsc.start();
    const common = { host, port, queueDirectory, clientId: 'carrier', logLevel: 'silent' } as const;
    const client = new SmppClient({ ...common, queue: 'rabbitmq', ...options });
    await client.start();
    await client.send({ destination_addr: NUMBER, short_message: 'Hello' });
    await client.stop();
    await smsc.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  }

  it('names what its user needs, and every queue', async () => {
    const seen = new Set<string>();
    const look = async (): Promise<void> => {
      for (const kind of ['queues', 'exchanges'])
        for (const { name } of (await callApi(api, 'GET', `/api/${kind}`)) as { name: string }[])
          if (name !== '' && !name.startsWith('amq.')) seen.add(name);
    };
    const queueUrl = await userWith('smpp', configure, write, read);
    const body = JSON.stringify({
      properties: { content_type: 'application/json', delivery_mode: 2 },
      routing_key: '2',
      payload: FOREIGN,
      payload_encoding: 'string',
    });
    await useAll({ queue: 'rabbitmq', queueUrl }, async () => {
      await look();
      await callApi(api, 'POST', '/api/exchanges/%2F/smpp.carrier/publish', body);
    });
    const documented = firstColumnUnder('What lies in which queue').map(matcher);
    const strange = [...seen].filter((name) => !documented.some((one) => one.test(name)));
    assert.deepEqual([strange, seen.size > 15], [[], true]);
  });

  it('names what is enough with brokerTopology verify', async () => {
    await sendOne({ queueUrl: server.url });
    const [, less] = /With `verify` the first may be `"([^"]+)"`/.exec(page)!;
    const queueUrl = await userWith('verifying', less!, write, read);
    await sendOne({ queueUrl, brokerTopology: 'verify' });
  });

  it('names what a producer needs, for the exchange and for the queue', async () => {
    await sendOne({ queueUrl: server.url });
    const [, exchange, direct] = /needs write on `"([^"]+)"` alone[^`]*`"([^"]+)"`/.exec(page)!;
    for (const [name, pattern, to, key] of [
      ['one', exchange!, 'smpp.carrier', '2'],
      ['two', direct!, '', 'smpp.carrier.queue.2'],
    ] as const) {
      const connection = await connect(await userWith(name, '', pattern, ''));
      const channel = await connection.createConfirmChannel();
      const returned: unknown[] = [];
      channel.on('return', (message) => returned.push(message));
      channel.publish(to, key, Buffer.from(FOREIGN), { mandatory: true, contentType: 'application/json' });
      await channel.waitForConfirms();
      assert.deepEqual(returned, []);
      await connection.close();
    }
  });
});
